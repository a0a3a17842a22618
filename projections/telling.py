"""Events told as dated sentences, made when they are read: today's names, and of health only what
its person lets be read today.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.accounts.events import RoleGranted, RoleProposed, RoleWithdrawn
from domain.care.times import TimeSpent
from domain.care.vitals import Flag, Vitals, flag
from domain.clubs.events import BoardElected
from domain.events import Event, Role
from domain.loans.events import OpeningBalancesEntered, PastRepaymentEntered
from domain.loans.schedule import LoanTerms, Method
from domain.values import Purpose, Sealed
from projections.sentences import WORDINGS
from projections.sentences.wording import ROLES
from projections.sentences.words import MONEY, WORDS

_ERASED = ("(đã xóa)", "(erased)")
_A_CLUB = ("câu lạc bộ", "the club")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_FIELD = re.compile(r"\{(\w+)\}")
# Who is named in a sentence; whole lists of those present are not.
_NAMED = re.compile(r".*_(id|by)$|volunteer_ids|helped|given_by")


@dataclass(frozen=True)
class Teller:
    """Whose story (`people`: all ids of one human being), in which language, and what is known;
    `names` are of people and of clubs.

    `texts` are the sealed texts that may be read, by ciphertext.
    """

    people: frozenset[UUID]
    english: bool
    names: Mapping[UUID, str]
    texts: Mapping[str, str]

    def sentence(self, event: Event, role: Role, on: date) -> str:
        """One dated sentence, without a full stop."""
        wording = WORDINGS[event.TOPIC]
        words = wording.own.get(role)
        said = self._fill((words or wording.text)[self.english], event)
        if words is None:
            who = ROLES[role][self.english]
            said = f"As {who}: {said}" if self.english else f"Là {who}: {said}"
        if event.origin is not None:
            said += " (from the paper book)" if self.english else " (từ sổ giấy)"
        if getattr(event, "replaces", None):
            said += " (stands in for an earlier entry)" if self.english else " (thay mục ghi trước)"
        return f"{day_text(on)}: {said}"

    def flag(self, event: Event) -> Flag | None:
        """What the reading asks for; None too where it may not be read."""
        reading = self._vitals(getattr(event, "vitals", None))
        return flag(reading) if reading else None

    def topic(self, topic: str) -> str:
        return WORDINGS[topic].name[self.english]

    # --- a sentence's parts ---------------------------------------------------------------

    def _fill(self, words: str, event: Event) -> str:
        given = _more(event, self.people)

        def shown(name: str) -> str:
            value = given[name] if name in given else getattr(event, name)
            return self._shown(name, value)

        def part(found: re.Match[str]) -> str:
            names = _FIELD.findall(found[1])
            return found[1] if all(self._tells(event, given, name) for name in names) else ""

        return _FIELD.sub(lambda found: shown(found[1]), _OPTIONAL.sub(part, words))

    def _tells(self, event: Event, given: Mapping[str, Any], name: str) -> bool:
        """Whether there is something to say: not nothing, nought, or a text nobody may read."""
        value = given[name] if name in given else getattr(event, name)
        return bool(self._shown(name, value)) if isinstance(value, Sealed) else bool(value)

    def _shown(self, name: str, value: Any) -> str:
        match value:
            case None | ():
                return "–"
            case Sealed() if name == "items":
                return self._score(value) or ""
            case Sealed():
                return self._unsealed(name, value) or ""
            case bool():
                return WORDS[name, str(value).lower()][self.english]
            case StrEnum() | str() if (name, str(value)) in WORDS:
                return WORDS[name, str(value)][self.english]
            case UUID():
                unknown = _A_CLUB if name in ("club_id", "to_club_id") else _ERASED
                return self.names.get(value, unknown[self.english])
            case int() if name in MONEY:
                return dotted(value) + "\u00a0₫"
            case date():
                return day_text(value)
            case Decimal():
                return self._decimal(value)
            case TimeSpent():
                return self._time(value)
            case LoanTerms():
                return self._terms(value)
            case tuple():
                return ", ".join(self._shown(name, one) for one in value)
        if name.endswith("_topic"):
            return self.topic(value)
        return str(value)

    def _unsealed(self, name: str, sealed: Sealed) -> str | None:
        text = self.texts.get(sealed.ciphertext)
        if text is None or name != "vitals":
            return text
        reading = self._vitals(sealed)
        return self._reading(reading) if reading else text

    def _vitals(self, sealed: Sealed | None) -> Vitals | None:
        text = self.texts.get(sealed.ciphertext) if sealed else None
        if text is None:
            return None
        with suppress(ValueError):
            return Vitals.model_validate_json(text)
        return None

    def _reading(self, vitals: Vitals) -> str:
        english = self.english
        parts = []
        if vitals.systolic is not None:
            pressure = f"{vitals.systolic}/{vitals.diastolic}"
            parts.append(f"blood pressure {pressure}" if english else f"huyết áp {pressure}")
        if vitals.pulse is not None:
            parts.append(f"pulse {vitals.pulse}" if english else f"mạch {vitals.pulse}")
        if vitals.weight_grams is not None:
            parts.append(f"{self._decimal(Decimal(vitals.weight_grams) / 1000)} kg")
        if asked := flag(vitals):
            parts.append(WORDS["flag", asked][english])
        return ", ".join(parts)

    def _score(self, items: Sealed) -> str | None:
        """The total of an assessment; which instrument it was stands beside it."""
        text = self.texts.get(items.ciphertext)
        if text is None:
            return None
        with suppress(ValueError, AttributeError):
            scores = json.loads(text)
            return str(sum(int(score) for score in scores.get("items", scores).values()))
        return None

    def _time(self, time: TimeSpent) -> str:
        """As people say it: by the clock, in hours and minutes, or in halves of a work-day."""
        if time.start is None:
            in_halves = time.work_days * 2 % 1 == 0
            return self.days_text(time.work_days) if in_halves else self.hours_text(time.minutes)
        until = f"{time.end}"
        if time.end_on is not None:
            until += (" on " if self.english else " ngày ") + day_text(time.end_on)
        hours = self.hours_text(time.minutes)
        if self.english:
            return f"from {time.start} to {until} ({hours})"
        return f"từ {time.start} đến {until} ({hours})"

    def days_text(self, days: Decimal) -> str:
        if self.english:
            return self._decimal(days) + (" work-day" if days == 1 else " work-days")
        return self._decimal(days) + " ngày công"

    def hours_text(self, minutes: int) -> str:
        return hours_text(minutes, english=self.english)

    def _terms(self, terms: LoanTerms) -> str:
        english = self.english
        often = f"{terms.instalments} instalments" if english else f"{terms.instalments} kỳ"
        if terms.rate is None or terms.method is Method.INTEREST_FREE:
            return often + (", free of interest" if english else ", không lãi")
        rate, per = self._decimal(terms.rate.percent), WORDS["per", terms.rate.per][english]
        return often + (f", {rate} % {per}" if english else f", lãi {rate} % {per}")

    def _decimal(self, value: Decimal) -> str:
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text if self.english else text.replace(".", ",")


def day_text(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def hours_text(minutes: int, *, english: bool = False) -> str:
    """ "226 giờ", "1 giờ 15 phút", "45 phút"."""
    hours, left = divmod(minutes, 60)
    hour, minute = ("hour", "minute") if english else ("giờ", "phút")
    parts = [(hours, hour)] if hours else []
    parts += [(left, minute)] if left or not hours else []
    return " ".join(
        f"{dotted(n)} {word}" + ("s" if english and n != 1 else "") for n, word in parts
    )


def dotted(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def named_in(events: Iterable[Event], people: Sequence[UUID]) -> set[UUID]:
    """Whom the sentences of these events name."""
    found = set(people)
    for event in events:
        for name in type(event).model_fields:
            if _NAMED.fullmatch(name):
                value = getattr(event, name)
                found |= {one for one in (value if isinstance(value, tuple) else (value,)) if one}
    return {one for one in found if isinstance(one, UUID)}


def readable(events: Iterable[Event], people: frozenset[UUID], *, health: bool) -> list[Sealed]:
    """The sealed texts a story may open: a club's memos, and its own person's health with consent.

    Names, addresses and the like are never told by what was sealed in an event.
    """
    return [
        value
        for event in events
        for name in type(event).model_fields
        if isinstance(value := getattr(event, name), Sealed)
        and (
            value.purpose is Purpose.MEMO
            or (health and value.purpose is Purpose.HEALTH and value.subject in people)
        )
    ]


def _opening(event: Any, people: frozenset[UUID]) -> dict[str, Any]:
    mine = [loan for loan in event.loans if loan.borrower_id in people]
    return {
        "mine_amount": sum(loan.amount for loan in mine),
        "mine_outstanding": sum(loan.outstanding for loan in mine),
    }


def _office(event: Any, people: frozenset[UUID]) -> dict[str, Any]:
    offices = tuple(holder.office for holder in event.holders if holder.person_id in people)
    return {"mine_office": offices}


def _role(event: Any, people: frozenset[UUID]) -> dict[str, Any]:
    return {"role": event.grant.role}


_MORE: Mapping[type[Event], Callable[[Any, frozenset[UUID]], dict[str, Any]]] = {
    RoleProposed: _role,
    RoleGranted: _role,
    RoleWithdrawn: _role,
    OpeningBalancesEntered: _opening,
    BoardElected: _office,
    PastRepaymentEntered: lambda event, _: {"total": event.principal + event.interest},
}


def _more(event: Event, people: frozenset[UUID]) -> dict[str, Any]:
    """What the sentence tells and no field holds."""
    make = _MORE.get(type(event))
    return make(event, people) if make else {}
