"""Who is meant by a name in the care sheets: a member, or somebody from next door.

The members' sheet says who belongs to the club. Care reaches further: the book says so beside the
name, `Lý Thị Bông (hàng xóm)`, or in a column «Hàng xóm»; once said it holds for the whole book
and for later ones. A name that nobody bears and nobody called a neighbour is a mistyped one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from desk import people as desk_people
from desk.desk import Desk
from desk.people import NewPerson
from domain.clubs import people as person_rules
from domain.clubs.people import PERSON
from domain.errors import Refusal
from domain.events import BookOrigin
from exchange.entering import People
from exchange.workbook.people import Who, without_address
from exchange.workbook.rows import Row
from exchange.workbook.text import fold
from store.log import Work


@dataclass
class Naming:
    """Members by their names, and neighbours by theirs; nobody stands in both."""

    members: People
    neighbours: dict[str, list[UUID]] = field(default_factory=dict)

    def know(self, name: str, person_id: UUID) -> None:
        """A neighbour of whom the care book tells already."""
        self.neighbours.setdefault(fold(name), []).append(person_id)

    def named(self, who: Who) -> UUID:
        """Raises `Refusal`: `unknown-person`, `person-ambiguous`."""
        for name in dict.fromkeys((who.name, without_address(who.name))):
            neighbours = self.neighbours.get(fold(name), [])
            members = [] if who.neighbour else self.members.by_name.get(fold(name), [])
            found = members or neighbours
            if len(found) > 1:
                raise Refusal("person-ambiguous", f"Có {len(found)} người tên “{name}”.")
            if found:
                return found[0]
        raise Refusal(
            "unknown-person",
            f"“{who.name}” không có trong danh sách thành viên; "
            "nếu là người ngoài câu lạc bộ, ghi thêm (hàng xóm) sau tên.",
        )

    def strangers(self, named: Iterable[tuple[Row, Who]]) -> list[tuple[Row, str]]:
        """Neighbours of whom nothing is known yet, each with the first row that names them."""
        found: dict[str, tuple[Row, str]] = {}
        for row, who in named:
            if who.neighbour and fold(who.name) not in self.neighbours:
                found.setdefault(fold(who.name), (row, who.name))
        return list(found.values())


def register(
    desk: Desk, unit: Work, club_id: UUID, import_id: UUID, strangers: list[tuple[Row, str]]
) -> list[UUID]:
    """Makes them known persons, each from the row that first names them; returns their ids."""
    texts = [(desk.new_id(), NewPerson(name=name)) for _, name in strangers]
    sealed = desk_people.sealed_people(desk, texts)
    for (row, _), (person_id, _), (command, _) in zip(strangers, texts, sealed, strict=True):
        unit.begin(PERSON, person_id)
        events = [
            event.model_copy(update={"origin": origin_of(row, import_id)})
            for event in person_rules.register(None, command, desk.today)
        ]
        unit.say(PERSON, person_id, events, club_id=club_id)
    return [person_id for person_id, _ in texts]


def origin_of(row: Row, import_id: UUID) -> BookOrigin:
    return BookOrigin(import_id=import_id, sheet=row.sheet, row=row.row, digest=row.digest)
