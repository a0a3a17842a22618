"""Rules about the people whom care is about: they live, they consented, they are two."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from domain.care.book import CareBook
from domain.care.commands import Subject
from domain.errors import Refusal
from domain.values import Code, Purpose, Sealed


def refuse_lifeless(on: date, *people: Subject) -> None:
    """Hard: nothing happens to anybody before the year of their birth, or after their death."""
    for somebody in people:
        if somebody.birth_year is not None and on.year < somebody.birth_year:
            raise Refusal("before-birth", "Ngày này trước năm sinh.", date=str(on))
        if somebody.died_on is not None and on > somebody.died_on:
            raise Refusal(
                "after-death", "Ngày này sau ngày người ấy qua đời.", died_on=str(somebody.died_on)
            )


def refuse_own_volunteer(client: Subject, volunteer_ids: Iterable[UUID | None]) -> None:
    """Hard: nobody is cared for by themselves, under whatever id."""
    if not client.ids.isdisjoint(volunteer_ids):
        raise Refusal("same-person", "Người được chăm sóc không tự chăm sóc mình.")


def refuse_without_consent(somebody: Subject, *data: Sealed | None) -> None:
    """Hard: new health data need a live consent of whom they are about (domain.md section 2)."""
    if somebody.health_consent:
        return
    if any(sealed is not None and sealed.purpose is Purpose.HEALTH for sealed in data):
        raise Refusal(
            "no-consent", "Chưa có đồng ý lưu thông tin sức khỏe của người này.", purpose="health"
        )


def each_once(people: Sequence[Subject]) -> list[Subject]:
    """Who is named under two ids was there once."""
    once: list[Subject] = []
    for somebody in people:
        if all(somebody.ids.isdisjoint(other.ids) for other in once):
            once.append(somebody)
    return once


def odd_people(
    book: CareBook, on: date, *, volunteers: Sequence[Subject] = (), others: Sequence[Subject] = ()
) -> tuple[Code, ...]:
    """Warnings: help by somebody who is no volunteer, days before somebody joined the club."""
    warnings = []
    if any(not any(book.volunteered_on(id, on) for id in one.ids) for one in volunteers):
        warnings.append("not-a-volunteer")
    if any(one.joined_on is not None and on < one.joined_on for one in (*volunteers, *others)):
        warnings.append("before-joining")
    return tuple(warnings)
