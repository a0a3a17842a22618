"""Every event of the catalogue, whoever the person was in it, is a sentence in both languages."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from pydantic import BaseModel

from domain.care.events import NeedsAssessed, VisitMade
from domain.care.times import TimeSpent
from domain.catalogue import EVENTS
from domain.events import BookOrigin, Event, Role
from domain.loans.events import LoanDisbursed, RepaymentReceived
from domain.values import Purpose, Sealed
from projections.sentences import WORDINGS
from projections.sentences.words import WORDS
from projections.telling import Teller, hours_text, named_in, readable

ME, OTHER = UUID(int=1), UUID(int=2)
ON = date(2026, 3, 10)
SEALED = Sealed(subject=ME, purpose=Purpose.HEALTH, commitment="00", nonce="00", ciphertext="AAAA")
TERMS = {"instalments": 10, "method": "equal_principal", "rate": {"percent": "0.7", "per": "month"}}


def example(kind: Any, *, whole: bool) -> Any:
    """An instance with every optional field set, or with none of them."""
    made: dict[str, Any] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if name in kind.model_fields:
            made[name] = _value(name, hint, whole)
    if "time" in made and made["time"] is not None:
        made["time"] = TimeSpent(minutes=90, work_days=Decimal("0.1875"))
    if "terms" in made:
        made["terms"] = kind.model_fields["terms"].annotation.model_validate(TERMS)
    if "topic" in " ".join(made):
        made |= {name: "care.VisitMade" for name in made if name.endswith("_topic")}
    return kind.model_construct(**made)


def _value(name: str, hint: Any, whole: bool) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _value(name, inner[0], whole)
    if origin in (Union, UnionType):
        return _value(name, inner[0], whole) if whole or NoneType not in inner else None
    if origin is Literal:
        return inner[0]
    if origin is tuple:
        return (_value(name, inner[0], whole),) if whole else ()
    if origin is dict:
        return {}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return SEALED if hint is Sealed else example(hint, whole=whole)
    return {UUID: OTHER, date: ON, int: 3, str: "BB 012", bool: True, Decimal: Decimal("0.5")}[hint]


def teller(*, english: bool, texts: Mapping[str, str] | None = None) -> Teller:
    return Teller(frozenset({ME}), english, {ME: "Mã Thị Vay", OTHER: "Lộc Văn Quỹ"}, texts or {})


@pytest.mark.parametrize("topic", EVENTS)
def test_every_topic_is_a_dated_sentence_for_every_role(topic: str) -> None:
    for whole in (True, False):
        event: Event = example(EVENTS[topic], whole=whole)
        for role in Role:
            vietnamese, english = (
                teller(english=english).sentence(event, role, ON) for english in (False, True)
            )
            for said in (vietnamese, english):
                assert said.startswith("10/03/2026: ")
                assert not set("{}[]") & set(said)
                assert "None" not in said
                assert "  " not in said
            assert vietnamese != english
            assert ("từ sổ giấy" in vietnamese) == whole


def test_no_words_are_of_an_event_that_is_not() -> None:
    assert WORDINGS.keys() == EVENTS.keys()


def test_every_closed_list_is_said_in_words() -> None:
    """A value without words would be shown as it stands on disk."""
    shown = {name for name, _ in WORDS}
    for event in EVENTS.values():
        for name, hint in get_type_hints(event, include_extras=True).items():
            if name not in shown:
                continue
            for value in _values(hint):
                assert (name, value) in WORDS, (event.TOPIC, name, value)


def _values(hint: Any) -> list[str]:
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return [str(one.value) for one in hint]
    return [value for inner in get_args(hint) if inner is not None for value in _values(inner)]


def money_event(kind: Any, **fields: Any) -> Any:
    return kind.model_construct(**{"concerns": (), "origin": None, "vouchers": (), **fields})


def test_a_payout_as_the_borrower_and_the_treasurer_met_it() -> None:
    terms = LoanDisbursed.model_fields["terms"].annotation.model_validate(TERMS)  # type: ignore[union-attr]
    event = money_event(
        LoanDisbursed,
        borrower_id=ME,
        amount=3_000_000,
        terms=terms,
        paid_by=OTHER,
        vouchers=("PC-2026-0001",),
    )
    assert (
        teller(english=False).sentence(event, Role.BORROWER, ON)
        == "10/03/2026: Nhận vay 3.000.000\u00a0₫, 10 kỳ, lãi 0,7 % một tháng, "
        "người chi Lộc Văn Quỹ, PC-2026-0001"
    )
    assert (
        teller(english=True).sentence(event, Role.PAYER, ON)
        == "10/03/2026: As payer: Paid out 3.000.000\u00a0₫ to Mã Thị Vay, 10 instalments, "
        "0.7 % a month, by Lộc Văn Quỹ, PC-2026-0001"
    )


def test_a_repayment_from_the_paper_book_says_so() -> None:
    origin = BookOrigin(import_id=OTHER, sheet="Trả nợ", row=7, digest="00")
    event = money_event(
        RepaymentReceived,
        borrower_id=ME,
        amount=321_000,
        principal=300_000,
        interest=21_000,
        late_interest=0,
        excess=0,
        received_by=OTHER,
        origin=origin,
    )
    assert (
        teller(english=False).sentence(event, Role.BORROWER, ON)
        == "10/03/2026: Trả nợ 321.000\u00a0₫: gốc 300.000\u00a0₫, lãi 21.000\u00a0₫, "
        "người thu Lộc Văn Quỹ (từ sổ giấy)"
    )


def test_somebody_whose_key_is_gone_has_no_name() -> None:
    event = money_event(RepaymentReceived, borrower_id=ME, amount=1, principal=1, interest=0,
                        late_interest=0, excess=0, received_by=UUID(int=9))  # fmt: skip
    assert "người thu (đã xóa)" in teller(english=False).sentence(event, Role.BORROWER, ON)


def visit(vitals: Sealed | None, note: Sealed | None = None) -> VisitMade:
    return VisitMade(
        occurred_on=ON,
        visit_id=OTHER,
        client_id=ME,
        volunteer_ids=(OTHER,),
        time=TimeSpent(start="08:00", end="09:30", minutes=90, work_days=Decimal("0.1875")),
        tasks=("SOC", "HLT"),  # type: ignore[arg-type]
        vitals=vitals,
        note=note,
    )


@pytest.mark.parametrize(
    ("reading", "words", "asked"),
    [
        ('{"systolic":139,"diastolic":89}', "huyết áp 139/89", None),
        ('{"systolic":140,"diastolic":80}', "huyết áp 140/80, cần báo trạm y tế", "refer"),
        (
            '{"systolic":180,"diastolic":80,"weight_grams":45500}',
            "huyết áp 180/80, 45,5 kg, cần báo trạm y tế trong ngày",
            "same_day",
        ),
        ('{"pulse":72}', "mạch 72", None),
    ],
)
def test_a_reading_is_told_and_flagged_only_where_it_was_opened(
    reading: str, words: str, asked: str | None
) -> None:
    event = visit(SEALED)
    said = (
        "10/03/2026: Được Lộc Văn Quỹ đến thăm, từ 08:00 đến 09:30 (1 giờ 30 phút): "
        "trò chuyện, đo huyết áp, nhắc thuốc"
    )
    closed, opened = teller(english=False), teller(english=False, texts={"AAAA": reading})
    assert closed.sentence(event, Role.CLIENT, ON) == said
    assert closed.flag(event) is None
    assert opened.sentence(event, Role.CLIENT, ON) == f"{said}; {words}"
    assert opened.flag(event) == asked
    assert "huyết áp 1" not in opened.sentence(event, Role.VOLUNTEER, ON)


def test_what_may_be_opened() -> None:
    event = visit(SEALED, SEALED.model_copy(update={"purpose": Purpose.MEMO}))
    me, stranger = frozenset({ME}), frozenset({OTHER})
    assert [one.purpose for one in readable([event], me, health=True)] == ["health", "memo"]
    assert [one.purpose for one in readable([event], me, health=False)] == ["memo"]
    assert [one.purpose for one in readable([event], stranger, health=True)] == ["memo"]
    assert named_in([event], [ME]) == {ME, OTHER}


def test_the_total_of_an_assessment() -> None:
    event = NeedsAssessed(
        occurred_on=ON,
        client_id=ME,
        instrument="katz",  # type: ignore[arg-type]
        instrument_version="1963",
        items=SEALED,
        assessed_by=OTHER,
    )
    opened = teller(english=True, texts={"AAAA": '{"bathing":1,"dressing":1,"feeding":0}'})
    said = opened.sentence(event, Role.CLIENT, ON)
    assert said == "10/03/2026: Needs were assessed by Lộc Văn Quỹ (Katz): 2 points"


@pytest.mark.parametrize(
    ("time", "vietnamese", "english"),
    [
        ({"minutes": 480, "work_days": "1"}, "1 ngày công", "1 work-day"),
        ({"minutes": 720, "work_days": "1.5"}, "1,5 ngày công", "1.5 work-days"),
        ({"minutes": 45, "work_days": "0.0938"}, "45 phút", "45 minutes"),
        (
            {"minutes": 61, "work_days": "0.1271", "start": "08:00", "end": "09:01"},
            "từ 08:00 đến 09:01 (1 giờ 1 phút)",
            "from 08:00 to 09:01 (1 hour 1 minute)",
        ),
        (
            {"minutes": 360, "work_days": "0.75", "start": "22:00", "end": "04:00",
             "end_on": "2026-03-11"},
            "từ 22:00 đến 04:00 ngày 11/03/2026 (6 giờ)",
            "from 22:00 to 04:00 on 11/03/2026 (6 hours)",
        ),
    ],
)  # fmt: skip
def test_a_time_is_said_as_people_say_it(
    time: dict[str, Any], vietnamese: str, english: str
) -> None:
    spent = TimeSpent.model_validate_json(json.dumps(time))
    event = visit(None).model_copy(update={"time": spent, "tasks": ()})
    for language, words in ((False, vietnamese), (True, english)):
        assert teller(english=language).sentence(event, Role.CLIENT, ON).endswith(f", {words}")
    assert hours_text(13_560) == "226 giờ"
    assert hours_text(0, english=True) == "0 minutes"


def test_who_is_told_of_a_correction_is_not_told_what_they_were_in_it() -> None:
    event = example(EVENTS["care.EntryWithdrawn"], whole=False)
    event = event.model_copy(update={"approved_by": OTHER})
    said = "10/03/2026: Mục “Lượt thăm” không còn tính, người duyệt Lộc Văn Quỹ"
    for role in (Role.CLIENT, Role.VOLUNTEER, Role.HELPED):
        assert teller(english=False).sentence(event, role, ON) == said
    assert "Là người duyệt: " in teller(english=False).sentence(event, Role.APPROVER, ON)
