"""Who is in the book: persons, households and memberships as raw events tell them."""

from audit.check import Check
from audit.entries import Connection, Entry, streamed
from audit.findings import Findings


class Person:
    __slots__ = (
        "birth_year", "class_from", "died_on", "erased", "event_id", "history", "household",
        "household_class", "merged_into", "position", "sex", "withdrawn",
    )  # fmt: skip

    def __init__(self, entry: Entry) -> None:
        self.history, self.event_id, self.position = entry.history, entry.event_id, entry.position
        self.sex: str | None = None
        self.birth_year: int | None = None
        self.household: str | None = None
        self.household_class: str | None = None
        self.class_from: str | None = None
        self.withdrawn = False
        self.erased = False
        self.died_on: str | None = None
        self.merged_into: str | None = None


class Membership:
    __slots__ = (
        "cause", "entry", "event_id", "joined_on", "left_at", "left_by", "left_on", "position",
        "volunteer",
    )  # fmt: skip

    def __init__(self, entry: Entry) -> None:
        self.joined_on: str = entry.body["occurred_on"]
        self.volunteer: bool = entry.body.get("volunteer", False)
        self.position, self.event_id = entry.position, entry.event_id
        self.left_on: str | None = None
        self.left_at: int | None = None
        self.left_by: str | None = None
        self.cause: str | None = None
        self.entry = entry._replace(body={})


class People(Check):
    """Whoever an event names is registered; whoever is registered has a name to be found by, until
    it is erased."""

    name = "people"

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings)
        self.persons: dict[str, Person] = {}
        self.memberships: dict[tuple[str, str], list[Membership]] = {}
        """(club, person) → the stints that stand, in the log's order."""
        self._strangers: dict[str, Entry] = {}

    def wants(self, topic: str) -> bool:
        return True

    def see(self, entry: Entry) -> None:
        if entry.topic.startswith("clubs."):
            self._see_member(entry)
        for concern in entry.body.get("concerns", ()):
            if concern["kind"] == "person" and concern["id"] not in self.persons:
                self._strangers.setdefault(concern["id"], entry._replace(body={}))

    def _see_member(self, entry: Entry) -> None:
        body = entry.body
        match entry.topic:
            case "clubs.PersonRegistered" | "clubs.HouseholdJoined" | "clubs.DetailsCorrected":
                self._known(entry)
            case "clubs.PersonDied":
                self._known(entry).died_on = body["occurred_on"]
            case "clubs.PersonEntryWithdrawn":
                self._known(entry).died_on = None
            case "clubs.MergedInto":
                self._known(entry).merged_into = body["into_id"]
            case "clubs.HouseholdClassCertified":
                person = self._known(entry)
                valid_from = body.get("valid_from")
                if (valid_from or "") >= (person.class_from or ""):
                    person.household_class = body["household_class"]
                    person.class_from = valid_from
            case "clubs.PersonalDataErased":
                self._see_erasure(entry)
            case "clubs.PersonWithdrawn":
                self._known(entry).withdrawn = True
            case "clubs.MemberJoined":
                stints = self.memberships.setdefault((entry.history, body["person_id"]), [])
                if stints and stints[-1].left_on is None:
                    self.say("member-twice", "Người này đang là thành viên.", entry)
                stints.append(Membership(entry))
            case "clubs.MemberLeft":
                stints = self.memberships.get((entry.history, body["person_id"]), [])
                if not stints or stints[-1].left_on is not None:
                    self.say("member-unknown", "Người này không là thành viên.", entry)
                else:
                    stints[-1].left_on, stints[-1].cause = body["occurred_on"], body["cause"]
                    stints[-1].left_at, stints[-1].left_by = entry.position, entry.event_id
            case "clubs.EntryWithdrawn" if body["withdrawn_topic"] == "clubs.MemberLeft":
                for stint in self.memberships.get((entry.history, body["person_id"]), []):
                    if stint.left_by == body["withdraws"]:
                        stint.left_on = stint.left_at = stint.cause = stint.left_by = None
            case "clubs.MembershipWithdrawn":
                self.memberships.pop((entry.history, body["person_id"]), None)

    def _see_erasure(self, entry: Entry) -> None:
        for key in entry.body["keys"]:
            subject = self.persons.get(key["subject"])
            if subject is None or key["purpose"] not in entry.body["purposes"]:
                self.say("erased-unknown", "Xóa khóa của người hoặc loại khác.", entry)
            elif key["purpose"] == "identity":
                subject.erased = True

    def _known(self, entry: Entry) -> Person:
        body, history = entry.body, entry.history
        if body["person_id"] != history:
            self.say("person-elsewhere", "Sự kiện nói về người khác hồ sơ này.", entry)
        person = self.persons.get(history)
        if person is None:
            person = self.persons[history] = Person(entry)
        else:
            person.event_id, person.position = entry.event_id, entry.position
        person.withdrawn = False
        person.sex = body.get("sex") or person.sex
        person.birth_year = body.get("birth_year") or person.birth_year
        person.household = body.get("household_id", person.household)
        return person

    def share_household(self, one: str, other: str) -> bool:
        first, second = self.persons.get(one), self.persons.get(other)
        if first is None or second is None:
            return False
        return first.household is not None and first.household == second.household

    def end(self) -> None:
        for person_id, entry in self._strangers.items():
            if person_id not in self.persons:
                self.say(
                    "person-unknown",
                    "Sự kiện nêu một người chưa có trong sổ.",
                    entry,
                    person_id=person_id,
                )
        for (_, person_id), stints in self.memberships.items():
            person = self.persons.get(person_id)
            if person is None or stints[-1].left_on is not None:
                continue
            if person.died_on is not None:
                self.say("member-died", "Người đã mất vẫn là thành viên.", stints[-1].entry)
            if person.merged_into is not None:
                self.say("member-merged", "Mã đã gộp vẫn là thành viên.", stints[-1].entry)

    def compare_index(self, connection: Connection) -> None:
        """The index of names (beside the keys): everyone registered and not erased, nobody else."""
        rows = streamed(connection, "people", "SELECT person_id::text FROM keys.people")
        missing = {id for id, one in self.persons.items() if not (one.withdrawn or one.erased)}
        for (person_id,) in rows:
            self.rows += 1
            if person_id in missing:
                missing.remove(person_id)
            else:
                self.say(
                    "person-index-stray",
                    "Danh mục tên còn một người không đăng ký, đã rút hoặc đã xóa.",
                    person_id=person_id,
                )
        for person_id in sorted(missing):
            person = self.persons[person_id]
            self.say(
                "person-not-indexed",
                "Người đã đăng ký không có trong danh mục tên.",
                event_id=person.event_id,
                history=person.history,
                position=person.position,
                person_id=person_id,
            )
