"""What sealing costs: of an append, and of reading a history, as ratios of the same without it.

One writer, one reader; an event of two sealed texts (phone and address). "Sealed before" appends
the same event with texts that were sealed already; "events alone" reads and decodes and opens none.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

from benchmarks.harness import fresh_database, rounds
from desk.desk import KINDS
from domain.clubs.events import ContactCorrected, PersonRegistered
from domain.clubs.people import PERSON
from domain.values import Purpose
from store.database import Database
from store.keys import MASTER_BYTES, KeyRing, MasterKey
from store.log import EventLog, Work, uuid7

APPENDS, HISTORY, READS, ROUNDS = 100, 200, 15, 7
PHONE, ADDRESS = "0912 345 678", "Thôn Nà Thử, xã Hoàng Văn Thụ"


def run() -> None:
    with fresh_database() as urls:
        database = Database(urls.app)
        ring = KeyRing(database, MasterKey(bytes(MASTER_BYTES)))
        log = EventLog(database, KINDS)
        _report("An append of two texts", "sealed before", rounds(ROUNDS, _appends(log, ring)))
        _report(
            f"A history of {HISTORY} events, {2 * HISTORY} texts",
            "events alone",
            rounds(ROUNDS, _reads(database, log, ring)),
        )
        database.close()


def _appends(log: EventLog, ring: KeyRing) -> dict[str, Callable[[], float]]:
    known = uuid7()
    sealed = [ring.seal(known, Purpose.CONTACT, text) for text in (PHONE, ADDRESS)]

    def append(phone: object, address: object) -> None:
        person_id = uuid7()
        event = ContactCorrected.model_validate(
            {"person_id": person_id, "phone": phone, "address": address}
        )
        registered = PersonRegistered(person_id=person_id, name=sealed[0])

        def work(unit: Work) -> None:
            unit.say(PERSON, person_id, [registered, event])

        log.carry_out(work, actor="benchmark")

    def sealed_before() -> None:
        append(*sealed)

    def known_key() -> None:
        append(*ring.seal_many([(known, Purpose.CONTACT, text) for text in (PHONE, ADDRESS)]))

    def new_key() -> None:
        somebody = uuid7()
        append(*ring.seal_many([(somebody, Purpose.CONTACT, text) for text in (PHONE, ADDRESS)]))

    return {
        "sealed before": lambda: _rate(sealed_before, APPENDS),
        "under a known key": lambda: _rate(known_key, APPENDS),
        "under a new key": lambda: _rate(new_key, APPENDS),
    }


def _reads(database: Database, log: EventLog, ring: KeyRing) -> dict[str, Callable[[], float]]:
    person_id = uuid7()
    texts = [(person_id, Purpose.CONTACT, text) for text in (PHONE, ADDRESS)] * HISTORY
    sealed = ring.seal_many(texts)
    events = [
        ContactCorrected(person_id=person_id, phone=phone, address=address)
        for phone, address in zip(sealed[::2], sealed[1::2], strict=True)
    ]
    registered = PersonRegistered(person_id=person_id, name=sealed[0])

    def work(unit: Work) -> None:
        unit.say(PERSON, person_id, [registered, *events])

    log.carry_out(work, actor="benchmark")

    def read() -> list[ContactCorrected]:
        # An old story is not remembered: this reads it from the log each time.
        told = log.story(person_id, since=2)
        return [one.event for one in told if isinstance(one.event, ContactCorrected)]

    def opened(keys: KeyRing) -> None:
        keys.open_many(
            text for one in read() for text in (one.phone, one.address) if text is not None
        )

    return {
        "events alone": lambda: _rate(read, READS),
        "opened, key known": lambda: _rate(lambda: opened(ring), READS),
        "opened, key fetched": lambda: _rate(lambda: opened(KeyRing(database, ring.master)), READS),
    }


def _rate(once: Callable[[], object], times: int) -> float:
    started = perf_counter()
    for _ in range(times):
        once()
    return times / (perf_counter() - started)


def _report(title: str, floor: str, rates: dict[str, list[float]]) -> None:
    table = Table(title=title, title_justify="left")
    for heading in ("", "a second", "time, of the floor's"):
        table.add_column(heading, justify="left" if heading == "" else "right")
    for name, found in rates.items():
        ratios = [one / other for one, other in zip(rates[floor], found, strict=True)]
        table.add_row(name, f"{median(found):.0f}", f"{median(ratios):.2f}")
    Console(width=100).print(table)
