"""The table of who may do what, as a treasurer would ask about it."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from domain.accounts.permissions import TABLE, Action, Decision, Place, Reach, Subject, may
from domain.accounts.roles import Grant, Role, Scope
from domain.accounts.who import Who

CLUB, ELSEWHERE = uuid4(), uuid4()
HERE = Subject((Place(CLUB, "06040", "20"),))
NEXT_COMMUNE = Subject((Place(ELSEWHERE, "06325", "20"),))
NEXT_PROVINCE = Subject((Place(ELSEWHERE, "05443", "19"),))
ME, NEIGHBOUR = uuid4(), uuid4()


def grant(role: Role, kind: str = "club", id: str | None = None, **more: date) -> Grant:
    where = {"club": str(CLUB), "commune": "06040", "province": "20", "nation": None}.get(kind, id)
    until = {"until": date(2999, 1, 1)} if role is Role.AUDITOR else {}
    scope = Scope.model_validate({"kind": kind, "id": where})
    return Grant(id=uuid4(), role=role, scope=scope, since=date(2020, 1, 1), **until | more)


def who(*grants: Grant) -> Who:
    return Who(ME, UUID(int=1), grants)


def asked(role: Role, action: Action, subject: Subject = HERE, **more: bool) -> Decision:
    return may(who(grant(role)), action, subject, **more)


def test_the_table_has_a_line_for_every_action() -> None:
    assert set(TABLE) == set(Action)


def test_money_and_health_are_never_one_role_s() -> None:
    money = {Action.READ_BOOKS, Action.READ_PAPERS, Action.WRITE_BOOKS, Action.CLOSE_BOOKS}
    health = {Action.READ_HEALTH, Action.WRITE_CARE, Action.WRITE_VISITS}
    for role in Role:
        has = {action for action in Action if role in TABLE[action]}
        assert not (has & money and has & health), role
    assert not TABLE[Action.READ_HEALTH].keys() & {Role.TREASURER, Role.ADMINISTRATOR, Role.AUDITOR}
    assert not any(Role.ADMINISTRATOR in TABLE[action] for action in money | health)


def test_an_auditor_writes_nothing() -> None:
    reads = {Action.USE, Action.SEE_CLUB, Action.READ_FIGURES, Action.READ_BOOKS}
    reads |= {Action.READ_PAPERS, Action.AUDIT, Action.FOLLOW_LOG}
    assert {action for action in Action if Role.AUDITOR in TABLE[action]} == reads


def test_a_role_holds_in_its_own_place_alone() -> None:
    assert asked(Role.TREASURER, Action.WRITE_BOOKS).allowed
    assert asked(Role.TREASURER, Action.WRITE_BOOKS, NEXT_COMMUNE) == Decision(False)
    commune = who(grant(Role.COMMUNE_OFFICER, "commune"))
    assert may(commune, Action.READ_FIGURES, HERE).allowed
    assert not may(commune, Action.READ_FIGURES, NEXT_COMMUNE).allowed
    province = who(grant(Role.PROVINCIAL_OFFICER, "province"))
    assert may(province, Action.READ_FIGURES, NEXT_COMMUNE).allowed
    assert not may(province, Action.READ_FIGURES, NEXT_PROVINCE).allowed
    everywhere = who(grant(Role.AUDITOR, "nation"))
    assert may(everywhere, Action.READ_BOOKS, NEXT_PROVINCE).allowed


def test_of_somebody_in_two_clubs_either_is_enough() -> None:
    both = Subject((*NEXT_PROVINCE.places, *HERE.places), NEIGHBOUR)
    assert asked(Role.CARE_COORDINATOR, Action.READ_HEALTH, both).allowed


def test_officers_see_names_with_a_reason_and_sums_without() -> None:
    officer = who(grant(Role.PROVINCIAL_OFFICER, "province"))
    assert may(officer, Action.READ_FIGURES, HERE).allowed
    unsaid = may(officer, Action.READ_PEOPLE, HERE)
    assert (unsaid.allowed, unsaid.needs_reason) == (False, True)
    assert may(officer, Action.READ_PEOPLE, HERE, reason_given=True).allowed
    assert not may(officer, Action.READ_PEOPLE, NEXT_PROVINCE, reason_given=True).needs_reason


def test_a_volunteer_sees_whom_they_are_assigned_to() -> None:
    client = HERE._replace(person=NEIGHBOUR, assigned=frozenset({ME}))
    assert asked(Role.VOLUNTEER, Action.READ_HEALTH, client).allowed
    assert not asked(
        Role.VOLUNTEER, Action.READ_HEALTH, client._replace(assigned=frozenset())
    ).allowed
    assert not asked(Role.VOLUNTEER, Action.READ_HEALTH).allowed
    assert asked(Role.VOLUNTEER, Action.READ_HEALTH, narrowed=True).allowed


def test_a_member_sees_their_own_page_alone() -> None:
    assert asked(Role.MEMBER, Action.READ_PEOPLE, HERE._replace(person=ME)).allowed
    assert not asked(Role.MEMBER, Action.READ_PEOPLE, HERE._replace(person=NEIGHBOUR)).allowed


def test_a_relative_sees_the_one_person_they_have_authority_for() -> None:
    relative = who(grant(Role.RELATIVE, "person", str(NEIGHBOUR)))
    assert may(relative, Action.READ_HEALTH, HERE._replace(person=NEIGHBOUR)).allowed
    assert not may(relative, Action.READ_HEALTH, HERE._replace(person=ME)).allowed
    assert not may(relative, Action.READ_HEALTH, HERE).allowed


def test_a_clerk_types_what_somebody_else_decided_and_decides_nothing() -> None:
    assert not asked(Role.SECRETARY, Action.DECIDE).allowed
    assert asked(Role.SECRETARY, Action.DECIDE, typing_for_another=True).allowed
    assert not asked(Role.TREASURER, Action.DECIDE, typing_for_another=True).allowed


def test_an_auditor_reads_the_papers_of_drawn_loans() -> None:
    assert asked(Role.AUDITOR, Action.READ_PAPERS, HERE._replace(sampled=True)).allowed
    assert not asked(Role.AUDITOR, Action.READ_PAPERS).allowed
    assert not may(who(grant(Role.AUDITOR)), Action.READ_PAPERS).allowed


@pytest.mark.parametrize("action", Action)
def test_whoever_has_no_role_may_nothing(action: Action) -> None:
    assert may(who(), action, HERE) == Decision(False)


def test_the_strongest_of_several_roles_speaks() -> None:
    several = who(grant(Role.MEMBER), grant(Role.COMMUNE_OFFICER, "commune"), grant(Role.CHAIR))
    found = may(several, Action.READ_PEOPLE, HERE)
    assert found.allowed
    assert [one.role for one in found.grants] == [Role.CHAIR]
    assert Reach.REASON in TABLE[Action.READ_PEOPLE].values()
