"""Three clubs in three communes of two provinces, and somebody of each role in the first."""

from dataclasses import dataclass, field
from uuid import UUID

from desk import accounts, associations, care, clubs
from desk.desk import Desk
from desk.units import matching
from domain.accounts.roles import Grant, Role, Scope
from domain.care.commands import EnrolClient, EnrolVolunteer, MakeCarePlan, MakeVisit
from domain.clubs.association import RegisterAssociation
from domain.clubs.decisions import ReassignCommune
from domain.evidence.decisions import EVIDENCE, EVIDENCE_ID
from domain.evidence.events import SampleDrawn
from logins import granted
from store.log import Work
from village import DAY, SYSTEM, Village


@dataclass
class Place:
    """A club with something of every kind in it; `ids` by the name they have in an address."""

    village: Village
    unit: tuple[str, str]
    """Commune and province, by name."""
    codes: tuple[str, str]
    ids: dict[str, UUID]
    unsampled: dict[str, UUID]
    """A loan, and its payout, that no audit drew."""
    visit: UUID
    """An event of care."""
    people: dict[Role, UUID] = field(default_factory=dict)


def places(desk: Desk) -> list[Place]:
    """Two in one province, in communes of their own, and one in another province."""
    here, there = matching(None, "Lạng Sơn")[:2], matching(None, "Thái Nguyên")[:1]
    return [_place(desk, unit) for unit in (*here, *there)]


def _place(desk: Desk, unit: object) -> Place:
    name, province = unit.name, unit.province  # type: ignore[attr-defined]
    village = Village(desk, capital=50_000_000)
    moved = ReassignCommune(occurred_on=DAY, commune=name, province=province)
    clubs.reassign_commune(desk, SYSTEM, village.club_id, moved)
    people = {role: village.member(f"Người {role}") for role in Role}
    client, volunteer = village.member("Lương Thị Già"), people[Role.VOLUNTEER]
    enrolled = EnrolClient(occurred_on=DAY, coordinator_id=people[Role.CARE_COORDINATOR])
    care.enrol_client(desk, SYSTEM, village.club_id, client, None, enrolled)
    plan = MakeCarePlan(occurred_on=DAY, volunteer_ids=(volunteer,))
    care.enrol_volunteer(desk, SYSTEM, village.club_id, volunteer, EnrolVolunteer(occurred_on=DAY))
    care.make_care_plan(desk, SYSTEM, village.club_id, client, plan)
    visit = MakeVisit.model_validate(
        {
            "visit_id": desk.new_id(),
            "occurred_on": DAY,
            "volunteer_ids": (volunteer,),
            "minutes": 60,
            "tasks": ("SOC",),
        }
    )
    visited = care.make_visit(desk, SYSTEM, village.club_id, client, visit).event_id
    loans = [village.lent(village.member(f"Người vay {n}"), 3_000_000) for n in range(2)]
    paid = [_payout(desk, loan_id) for loan_id in loans]
    _draw(desk, village, paid[0])
    association = RegisterAssociation(
        association_id=desk.new_id(), name="Hội NCT", level="commune", province=province,
        commune=name,
    )  # fmt: skip
    associations.register_association(desk, SYSTEM, association)
    opened = accounts.NewAccount(user_name=f"cu.{client.hex[-12:]}")
    accounts.open_account(desk, SYSTEM, client, opened, None)
    role = accounts.NewRole.model_validate(
        {"role": "member", "scope": {"kind": "club", "id": str(village.club_id)}, "since": DAY}
    )
    grant = accounts.propose_role(desk, SYSTEM, client, role, village.secretary)
    ids = {
        "club_id": village.club_id,
        "member_id": client,
        "client_id": client,
        "volunteer_id": volunteer,
        "loan_id": loans[0],
        "event_id": paid[0],
        "attachment_id": paid[0],
        "association_id": association.association_id,
        "grant_id": grant.id,
    }
    unsampled = {"loan_id": loans[1], "event_id": paid[1], "attachment_id": paid[1]}
    codes = (unit.code, unit.province_code)  # type: ignore[attr-defined]
    return Place(village, (name, province), codes, ids, unsampled, visited, people)


def grant_of(role: Role, place: Place) -> Grant:
    """The role as somebody in a village has it."""
    commune, province = place.codes
    scopes = {
        Role.COMMUNE_OFFICER: Scope(kind="commune", id=commune),
        Role.ADMINISTRATOR: Scope(kind="commune", id=commune),
        Role.PROVINCIAL_OFFICER: Scope(kind="province", id=province),
        Role.RELATIVE: Scope(kind="person", id=str(place.ids["member_id"])),
    }
    return granted(role, scopes.get(role, Scope(kind="club", id=str(place.village.club_id))))


def _payout(desk: Desk, loan_id: UUID) -> UUID:
    with desk.log.database.connection() as connection:
        row = connection.execute(
            """SELECT event_id FROM log.events WHERE topic = 'loans.LoanDisbursed'
               AND convert_from(state, 'UTF8')::jsonb ->> 'loan_id' = %s""",
            (str(loan_id),),
        ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def _draw(desk: Desk, village: Village, *events: UUID) -> None:
    drawn = SampleDrawn(
        occurred_on=DAY, sample_id=desk.new_id(), auditor_id=village.chair, seed="mẫu",
        size=1, root="ab", wanted=1, club_id=village.club_id, drawn_from=1, drawn=events,
    )  # fmt: skip

    def work(unit: Work) -> str:
        unit.load(EVIDENCE, EVIDENCE_ID)
        unit.say(EVIDENCE, EVIDENCE_ID, [drawn])
        return "{}"

    desk.log.carry_out(work, actor="system")
