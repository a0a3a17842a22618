"""The line between the service and its database, cut and held where it hurts most.

`.venv/bin/python tests/soak/lines.py --commands 200` lets each command be cut before its commit
arrives, after it was applied (the reply is lost), and holds the reply for 30 s. The control is the
library's own retry, which answers a lost reply with a conflict. A payout cut at its n-th database
call, for every n, is a test of the suite (tests/store/test_idempotency.py).
"""

import argparse
import base64
import secrets
import sys
from collections import Counter
from pathlib import Path
from time import monotonic

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from eventsourcing.persistence import IntegrityError, StoredEvent

from soak.cutter import Cutter, Moment
from soak.house import make_database, private_server
from soak.library import library_recorder
from soak.service import GONE, Answer, Service, new_key, running
from sochung.house import House
from sochung.settings import Settings
from store.embedded import EmbeddedServer
from store.log import uuid7
from village import DAY, Village

APPEND = b"log.append"
HOLD_SECONDS = 30.0
DEADLINE_SECONDS = 5.0


def over_http(
    service: Service, cutter: Cutter, village: Village, moment: Moment, commands: int
) -> Counter[str]:
    """How each command ended whose append was cut at `moment`: "once" is right."""
    seen: Counter[str] = Counter()
    path, person = f"/v1/clubs/{village.club_id}/dues", village.treasurer
    for number in range(commands):
        key = new_key()
        body = {"occurred_on": DAY.isoformat(), "amount": 1_000 + number}
        cutter.arm(APPEND, moment)
        asked = monotonic()
        try:
            first: Answer | None = service.ask("POST", path, body, key=key, person=person)
        except GONE:
            first = None
        if monotonic() - asked > DEADLINE_SECONDS:
            seen["later than 5 s"] += 1
        missed = cutter.disarm()
        answer = service.until_answered(path, body, key=key, person=person)
        again = service.ask("POST", path, body, key=key, person=person)
        if missed:
            seen["not cut"] += 1
        elif answer.status != 201 or (again.status, again.body) != (201, answer.body):
            seen[f"{answer.status} {answer.code}, then {again.status} {again.code}"] += 1
        elif first is not None and first.status not in (201, 503):
            seen[f"first {first.status} {first.code}"] += 1
        else:
            seen["once"] += 1
    return seen


def library_conflicts(server: EmbeddedServer, commands: int) -> int:
    """The control: how often the library answers a lost reply with a conflict."""
    make_database(server, "library")
    conflicts = 0
    with (
        Cutter(server.url("library", "postgres")) as cutter,
        library_recorder(cutter.address, pool_size=1) as recorder,
    ):
        for _ in range(commands):
            cutter.arm(b"COMMIT", "after")
            try:
                recorder.insert_events([StoredEvent(uuid7(), 1, "soak.Cut", b"{}")])
            except IntegrityError:
                conflicts += 1
    return conflicts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=200)
    parser.add_argument("--held", type=int, default=3)
    asked = parser.parse_args()
    master_key = base64.b64encode(secrets.token_bytes(32)).decode()
    right = True
    with private_server() as server:
        address = make_database(server, "lines")
        home = server.home
        with Cutter(address, hold_seconds=HOLD_SECONDS) as cutter:
            environment = {
                "SOCHUNG_HOME": str(home),
                "DATABASE_URL": cutter.address,
                "SOCHUNG_MASTER_KEY": master_key,
            }
            local = Settings(home=home, database_url=address, master_key=master_key)
            with House(local) as house, running(environment, house.desk) as service:
                village = Village(house.desk)
                moments: list[tuple[Moment, int]] = [
                    ("before", asked.commands), ("after", asked.commands), ("held", asked.held),
                ]  # fmt: skip
                for moment, commands in moments:
                    seen = over_http(service, cutter, village, moment, commands)
                    print(f"append cut {moment!r}, {commands} commands over HTTP: {dict(seen)}")
                    right &= set(seen) == {"once"}
        conflicts = library_conflicts(server, 20)
    print(f"control, the library's retry: {conflicts} of 20 lost replies answered as a conflict")
    return 0 if right and conflicts else 1


if __name__ == "__main__":
    sys.exit(main())
