"""An older backup cannot bring back who was erased, nor can the master key of an older month."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from desk import people
from domain.clubs.events import PersonalDataErased
from domain.clubs.membership import JoinClub, LeaveClub
from domain.clubs.people import PERSON
from exchange.totals import totals
from planted import dump, found_in
from soak.house import private_home
from sochung import backup
from sochung.house import House
from sochung.settings import Settings
from store.database import Unsafe
from store.log import Work
from store.rewrapping import rewrap
from village import DAY, FOUNDED, SYSTEM, Village

NAME, PHONE, NOTE = "Vàng Thị Xuyến Chi", "0987 123 654", "Bà hay quên, ở một mình với cháu"
PLANTED = (NAME, PHONE, NOTE)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    with private_home() as folder:
        monkeypatch.setenv("SOCHUNG_HOME", str(folder))
        for name in ("DATABASE_URL", "SOCHUNG_DATABASE", "SOCHUNG_KEYS_URL"):
            monkeypatch.delenv(name, raising=False)
        yield Settings()


def stranger(village: Village) -> UUID:
    """Somebody who came and left; no money names them."""
    person_id = village.desk.new_id()
    people.join_club(
        village.desk,
        SYSTEM,
        village.club_id,
        people.NewPerson(name=NAME, phone=PHONE, note=NOTE),
        JoinClub(person_id=person_id, joined_on=FOUNDED),
    )
    leaving = LeaveClub(person_id=person_id, left_on=DAY, cause="left")
    people.leave_club(village.desk, SYSTEM, village.club_id, leaving)
    return person_id


def test_an_older_backup_is_made_to_forget_again(settings: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with House(settings) as opened:
        village = Village(opened.desk, capital=20_000_000)
        village.lent(village.member("Mã Thị Vay"), 3_000_000)
        gone, keys = stranger(village), village.desk.keys
        backup.make(opened, copy)
        assert found_in(copy.read_bytes(), PLANTED) == []
        with opened.database.connection() as connection:
            opened.follower.catch_up(30)
            before = totals(connection, village.club_id)
        village.erased(gone, "identity", "contact")
        opened.follower.catch_up(30)
        assert keys.keys_of([gone], ["identity", "contact"]) == []
        # And the month's new master key: the backup's own keys could be opened by nobody.
        with opened.sharing_the_master_key() as databases:
            rewrap(databases, settings.key_file)
    assert found_in(settings.erasures.read_bytes(), PLANTED) == []

    said: list[str] = []
    done = backup.restore(settings, copy, said.append)
    assert (done.report.clean, done.forgotten) == (True, 1)
    with House(settings) as opened:
        state = opened.log.load(PERSON, gone).state
        assert state is not None
        assert state.erased
        assert opened.keys.keys_of([gone], ["identity", "contact"]) == []
        with opened.database.connection() as connection:
            assert totals(connection, village.club_id) == before
            names = connection.execute("SELECT name FROM keys.people").fetchall()
        assert ("Mã Thị Vay",) in names
        assert opened.server is not None
        for name in (settings.database, done.aside):
            assert found_in(dump(opened.server.url(name, "postgres"), names=True), PLANTED) == []
        # A second restore has nothing new to say of it, in its turn.
        again = [one for one in opened.log.story(gone) if isinstance(one.event, PersonalDataErased)]
        assert len(again) == 1
    assert backup.restore(settings, copy, said.append).forgotten == 1


def test_where_the_database_is_lost_the_list_alone_makes_a_backup_forget(
    settings: Settings, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    with House(settings) as opened:
        village = Village(opened.desk, capital=1_000_000)
        gone = stranger(village)
        backup.make(opened, copy)
        village.erased(gone, "identity", "contact")
        assert opened.server is not None
        admin = opened.server.url("postgres", "postgres")
    backup.dumps.drop(admin, settings.database)

    assert backup.restore(settings, copy, lambda text: None).forgotten == 1
    with House(settings) as opened:
        assert opened.keys.keys_of([gone], ["identity", "contact"]) == []
        assert opened.server is not None
        found = dump(opened.server.url(settings.database, "postgres"), names=True)
        assert found_in(found, PLANTED) == []
        # The control: without the list it would all be back.
        settings.erasures.unlink()
    backup.dumps.drop(admin, settings.database)
    assert backup.restore(settings, copy, lambda text: None).forgotten == 0
    with House(settings) as opened:
        assert len(opened.keys.keys_of([gone], ["identity", "contact"])) == 2


def test_a_backup_of_an_older_master_key_is_refused_without_its_copy(
    settings: Settings, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    with House(settings) as opened:
        Village(opened.desk)
        backup.make(opened, copy)
        old = opened.keys.master.text()
        with opened.sharing_the_master_key() as databases:
            rewrap(databases, settings.key_file)
        assert opened.server is not None
        admin = opened.server.url("postgres", "postgres")
    backup.dumps.drop(admin, settings.database)
    with pytest.raises(Unsafe, match="another master key"):
        backup.restore(settings, copy, lambda text: None)
    kept = settings.model_copy(update={"master_key": old})
    assert backup.restore(kept, copy, lambda text: None).report.clean


def test_an_erasure_that_was_said_and_not_carried_out_is_carried_out_by_whoever_follows(
    settings: Settings,
) -> None:
    """As after a crash between the event and the keys."""
    with House(settings) as opened:
        village = Village(opened.desk)
        gone = stranger(village)
        opened.follower.catch_up(30)
        keys = opened.desk.keys
        held = keys.keys_of([gone], ["identity", "contact"])
        event = PersonalDataErased.model_validate(
            {
                "person_id": gone,
                "occurred_on": DAY,
                "request_id": opened.desk.new_id(),
                "purposes": ("identity", "contact"),
                "ground": "consent_withdrawn",
                "decided_by": village.chair,
                "keys": tuple(
                    {
                        "subject": key.subject,
                        "purpose": key.purpose,
                        "commitment": key.commitment.hex(),
                    }
                    for key in held
                ),
            }
        )

        def work(unit: Work) -> None:
            unit.load(PERSON, gone)
            unit.say(PERSON, gone, [event])

        opened.log.carry_out(work, actor="test")
        assert len(keys.keys_of([gone], ["identity", "contact"])) == 2
        opened.follower.catch_up(30)
        assert keys.keys_of([gone], ["identity", "contact"]) == []
        assert len(settings.erasures.read_text().splitlines()) == 1
