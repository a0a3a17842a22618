"""Somebody frail is looked after at home: enrolled, assessed, planned for, referred, discharged."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from domain.care.book import CareBook, Case
from domain.care.commands import (
    AssessNeeds,
    CloseReferral,
    DischargeClient,
    EnrolClient,
    MakeCarePlan,
    Moment,
    OpenReferral,
    Subject,
)
from domain.care.events import (
    CareBookEvent,
    CarePlanMade,
    ClientDischarged,
    ClientEnrolled,
    NeedsAssessed,
    ReferralClosed,
    ReferralOpened,
)
from domain.care.subjects import (
    each_once,
    odd_people,
    refuse_lifeless,
    refuse_own_volunteer,
    refuse_without_consent,
)
from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Concern, Role, person


def enrol_client(
    book: CareBook | None, client: Subject, command: EnrolClient, moment: Moment
) -> list[CareBookEvent]:
    """Member or neighbour. Hard: once at a time; who is dead is not enrolled."""
    book, on = book or CareBook(), command.occurred_on
    not_in_the_future(on, moment.today)
    refuse_lifeless(on, client)
    refuse_own_volunteer(client, (command.coordinator_id,))
    refuse_without_consent(client, command.reasons)
    case = book.cases.get(client.person_id)
    if any(book.cases[id].is_open for id in client.ids if id in book.cases):
        raise Refusal("already-a-client", "Người này đang được chăm sóc.")
    if case is not None and case.discharged_on is not None and on < case.discharged_on:
        raise Refusal(
            "date-order",
            "Ngày nhận lại phải sau ngày thôi chăm sóc.",
            since=str(case.discharged_on),
        )
    coordinator = (
        (person(command.coordinator_id, Role.COORDINATOR),) if command.coordinator_id else ()
    )
    return [
        ClientEnrolled(
            occurred_on=on,
            client_id=client.person_id,
            coordinator_id=command.coordinator_id,
            reasons=command.reasons,
            concerns=(*naming(client.person_id), *coordinator),
            warnings=odd_people(book, on, others=(client,)),
        )
    ]


def assess_needs(
    book: CareBook | None, client: Subject, command: AssessNeeds, moment: Moment
) -> list[CareBookEvent]:
    """Hard: with the client's consent; the scores themselves were judged at the door."""
    _known_client(book, client, command.occurred_on, moment)
    refuse_without_consent(client, command.items)
    return [
        NeedsAssessed(
            occurred_on=command.occurred_on,
            client_id=client.person_id,
            instrument=command.instrument,
            instrument_version=command.instrument_version,
            items=command.items,
            assessed_by=command.assessed_by,
            concerns=(*naming(client.person_id), person(command.assessed_by, Role.ACTOR)),
        )
    ]


def make_care_plan(
    book: CareBook | None,
    client: Subject,
    volunteers: Sequence[Subject],
    command: MakeCarePlan,
    moment: Moment,
) -> list[CareBookEvent]:
    """Hard: by enrolled volunteers. Warned of: more clients than one volunteer should have."""
    case = _known_client(book, client, command.occurred_on, moment)
    assert book is not None, "a case stands in a book"
    refuse_own_volunteer(client, command.volunteer_ids)
    refuse_lifeless(command.occurred_on, *volunteers)
    refuse_without_consent(client, command.goals)
    for volunteer in volunteers:
        if not any(book.volunteers_now(id) for id in volunteer.ids):
            raise Refusal(
                "not-a-volunteer",
                "Người này chưa được nhận làm tình nguyện viên.",
                person_id=str(volunteer.person_id),
            )
    if command.review_on is not None and command.review_on < command.occurred_on:
        raise Refusal("date-order", "Ngày xem lại không thể trước ngày lập kế hoạch.")
    most = moment.rules.clients_per_volunteer
    chosen = tuple(one.person_id for one in each_once(volunteers))
    others = {v: book.clients_of(v) - (v in case.volunteer_ids) for v in chosen}
    overloaded = case.is_open and any(clients + 1 > most for clients in others.values())
    return [
        CarePlanMade(
            occurred_on=command.occurred_on,
            client_id=client.person_id,
            volunteer_ids=chosen,
            tasks=command.tasks,
            visits_per_week=command.visits_per_week,
            interval_days=command.interval_days or moment.rules.care_interval_days,
            goals=command.goals,
            review_on=command.review_on,
            concerns=naming(client.person_id, chosen),
            warnings=("volunteer-overloaded",) if overloaded else (),
        )
    ]


def open_referral(
    book: CareBook | None, client: Subject, command: OpenReferral, moment: Moment
) -> list[CareBookEvent]:
    """A call for help: what is urgent or a suspicion of abuse does not wait for a consent."""
    _known_client(book, client, command.occurred_on, moment)
    if not command.urgent and not command.confidential:
        refuse_without_consent(client, command.reason)
    return [
        ReferralOpened(
            occurred_on=command.occurred_on,
            referral_id=command.referral_id,
            client_id=client.person_id,
            to=command.to,
            reason=command.reason,
            urgent=command.urgent,
            confidential=command.confidential,
            opened_by=command.opened_by,
            concerns=naming(client.person_id),
        )
    ]


def close_referral(
    book: CareBook | None,
    client: Subject,
    referral_id: UUID,
    command: CloseReferral,
    moment: Moment,
) -> list[CareBookEvent]:
    """What came of it: also after the client was discharged, or died; told with consent, except
    of a suspicion of abuse."""
    client_id = client.person_id
    not_in_the_future(command.occurred_on, moment.today)
    case = book.cases.get(client_id) if book else None
    if case is None or referral_id not in case.referrals:
        raise NotFound("Không có giấy chuyển nào đang mở như vậy.")
    if not case.referrals[referral_id]:
        refuse_without_consent(client, command.outcome)
    return [
        ReferralClosed(
            occurred_on=command.occurred_on,
            referral_id=referral_id,
            client_id=client_id,
            outcome=command.outcome,
            confidential=case.referrals[referral_id],
            concerns=naming(client_id),
        )
    ]


def discharge_client(
    book: CareBook | None, client: Subject, command: DischargeClient, moment: Moment
) -> list[CareBookEvent]:
    """Hard: only who is a client, and not before the last that was done for them."""
    on = command.occurred_on
    not_in_the_future(on, moment.today)
    case = book.cases.get(client.person_id) if book else None
    if case is None or not case.is_open:
        raise _no_client()
    if on < case.last_on:
        raise Refusal(
            "date-order", "Sau ngày này còn có việc chăm sóc đã ghi.", since=str(case.last_on)
        )
    refuse_without_consent(client, command.note)
    return [
        ClientDischarged(
            occurred_on=on,
            client_id=client.person_id,
            cause=command.cause,
            note=command.note,
            concerns=naming(client.person_id),
        )
    ]


def client_on(book: CareBook | None, client_id: UUID, on: date) -> Case:
    """Hard (`not-a-client`): enrolled by that day, and not discharged before it."""
    case = book.cases.get(client_id) if book else None
    if case is None or not case.covers(on):
        raise _no_client()
    return case


def naming(client_id: UUID, volunteer_ids: Sequence[UUID] = ()) -> tuple[Concern, ...]:
    return (
        person(client_id, Role.CLIENT),
        *(person(volunteer_id, Role.VOLUNTEER) for volunteer_id in volunteer_ids),
    )


def _known_client(book: CareBook | None, client: Subject, on: date, moment: Moment) -> Case:
    not_in_the_future(on, moment.today)
    refuse_lifeless(on, client)
    return client_on(book, client.person_id, on)


def _no_client() -> Refusal:
    return Refusal("not-a-client", "Ngày này câu lạc bộ không chăm sóc người ấy tại nhà.")
