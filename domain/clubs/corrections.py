"""What of a club's, an association's and a person's own history can be taken back or replaced."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from domain.clubs.association import (
    AdoptPlan,
    Association,
    HoldTraining,
    PublishMediaItem,
    adopt_plan,
    hold_training,
    publish_media_item,
)
from domain.clubs.club import Club, evolve
from domain.clubs.events import (
    ActivityHeld,
    AssociationCorrectionProposed,
    AssociationEntryWithdrawn,
    AssociationReplacement,
    ClubCorrectionProposed,
    ClubEntryWithdrawn,
    ClubReplacement,
    MediaItemPublished,
    MeetingHeld,
    MemberLeft,
    PaperFiguresEntered,
    PersonCorrectionProposed,
    PersonDied,
    PersonEntryWithdrawn,
    PlanAdopted,
    SupportGiven,
    TrainingHeld,
)
from domain.clubs.meetings import (
    GiveSupport,
    HoldActivity,
    HoldMeeting,
    give_support,
    hold_activity,
    hold_meeting,
)
from domain.correcting import Correctable, Count, Figure, Figures, Told, month, refuse_withdrawn
from domain.errors import Malformed
from domain.events import Event


def refuse_irreversible(story: Sequence[Told], target: Told) -> None:
    """Hard: what the club did together or gave; nothing else stands on it."""
    refuse_withdrawn(story, target, (MeetingHeld, ActivityHeld, SupportGiven))


def refuse_irreversible_there(story: Sequence[Told], target: Told) -> None:
    """Hard: an association's trainings, media items, plans and figures signed on paper."""
    correctable = (TrainingHeld, MediaItemPublished, PlanAdopted, PaperFiguresEntered)
    refuse_withdrawn(story, target, correctable)


def refuse_irreversible_of_person(story: Sequence[Told], target: Told) -> None:
    """Hard: a death; names and details are mended by telling them anew."""
    refuse_withdrawn(story, target, (PersonDied,))


def figures(events: Sequence[Any]) -> Figures:
    """What a month's reports of a club or an association count."""
    sums: dict[Figure, Count] = defaultdict(int)
    for event in events:
        match event:
            case MeetingHeld():
                when = month(event.occurred_on)
                sums[Figure("meetings", None, when)] += 1
                sums[Figure("attendance", None, when)] += event.head_count
                for person_id in event.attended:
                    sums[Figure("meetings_attended", person_id, when)] += 1
            case ActivityHeld():
                when = month(event.occurred_on)
                sums[Figure(f"activities_{event.area}", None, when)] += 1
                heads = event.head_count or len(event.participants)
                sums[Figure("activity_head_count", None, when)] += heads
                sums[Figure("activity_value", None, when)] += event.value or 0
            case SupportGiven():
                when = month(event.occurred_on)
                sums[Figure("support_received", event.person_id, when)] += 1
                sums[Figure("support_value", event.person_id, when)] += event.value or 0
            case TrainingHeld():
                when = month(event.occurred_on)
                sums[Figure("trainings", None, when)] += 1
                sums[Figure("training_delegates", None, when)] += event.delegates
            case MediaItemPublished():
                sums[Figure(f"media_{event.kind}", None, month(event.occurred_on))] += 1
            case PersonDied():
                sums[Figure("deaths", event.person_id, month(event.occurred_on))] += 1
            case _:
                pass
    return sums


def withdraw(target: Told, **signed: Any) -> ClubEntryWithdrawn:
    return ClubEntryWithdrawn(
        club_id=target.event.club_id,
        withdraws=target.id,
        withdrawn_topic=target.event.TOPIC,
        withdrawn_on=target.event.occurred_on,
        **signed,
    )


def withdraw_there(target: Told, **signed: Any) -> AssociationEntryWithdrawn:
    return AssociationEntryWithdrawn(
        association_id=target.event.association_id,
        withdraws=target.id,
        withdrawn_topic=target.event.TOPIC,
        **signed,
    )


def withdraw_of_person(target: Told, **signed: Any) -> PersonEntryWithdrawn:
    return PersonEntryWithdrawn(
        person_id=target.event.person_id,
        withdraws=target.id,
        withdrawn_topic=target.event.TOPIC,
        **signed,
    )


def membership_goes_on(
    club: Club, story: Sequence[Told], death: Told, withdrawal: PersonEntryWithdrawn
) -> list[ClubEntryWithdrawn]:
    """The end that a mistaken death made of somebody's membership no longer counts either."""
    person_id = death.event.person_id
    member = club.members.get(person_id)
    if member is None or member.left_on is None:
        return []
    *_, left = (
        told
        for told in story
        if isinstance(told.event, MemberLeft) and told.event.person_id == person_id
    )
    if left.event.cause != "died":
        return []
    signed = withdrawal.model_dump(include={"occurred_on", "proposed_by", "approved_by"})
    concerns = (*left.event.concerns, *withdrawal.concerns)
    reason = withdrawal.reason
    return [withdraw(left, person_id=person_id, reason=reason, concerns=concerns, **signed)]


def propose(target: Told, **proposed: Any) -> ClubCorrectionProposed:
    return ClubCorrectionProposed(club_id=target.event.club_id, corrects=target.id, **proposed)


def propose_there(target: Told, **proposed: Any) -> AssociationCorrectionProposed:
    return AssociationCorrectionProposed(
        association_id=target.event.association_id, corrects=target.id, **proposed
    )


def propose_of_person(target: Told, replacement: None, **proposed: Any) -> PersonCorrectionProposed:
    return PersonCorrectionProposed(
        person_id=target.event.person_id, corrects=target.id, **proposed
    )


Asked = HoldMeeting | HoldActivity | GiveSupport | HoldTraining | PublishMediaItem | AdoptPlan
_ASKED: dict[type[Any], tuple[type[Any], Callable[..., Sequence[Event]]]] = {
    MeetingHeld: (HoldMeeting, hold_meeting),
    ActivityHeld: (HoldActivity, hold_activity),
    SupportGiven: (GiveSupport, give_support),
    TrainingHeld: (HoldTraining, hold_training),
    MediaItemPublished: (PublishMediaItem, publish_media_item),
    PlanAdopted: (AdoptPlan, adopt_plan),
}


def replaced(
    state: Club | Association | None, target: Told, command: Asked, today: date
) -> ClubReplacement | AssociationReplacement:
    """What would stand in for the event, judged by the same rule on the history without it."""
    kind, decide = _ASKED.get(type(target.event), (None, None))
    if kind is None or decide is None or not isinstance(command, kind):
        raise Malformed("malformed", "Phần thay thế phải cùng loại với việc được sửa.")
    if isinstance(state, Club):
        state = evolve(state, withdraw(target, occurred_on=target.event.occurred_on))
    stand_in = decide(state, command, today)[0]
    assert isinstance(stand_in, ClubReplacement | AssociationReplacement), "one of its own kind"
    return stand_in


def asked_of(event: ClubReplacement | AssociationReplacement) -> Asked:
    """The command that would tell of an event: a proposal is judged again when it is approved."""
    kind, _ = _ASKED[type(event)]
    asked: Asked = kind(**{name: getattr(event, name) for name in kind.model_fields})
    return asked


CLUB_CORRECTIONS = Correctable(
    refuse=refuse_irreversible, figures=figures, proposed=propose, withdrawn=withdraw
)
ASSOCIATION_CORRECTIONS = Correctable(
    refuse=refuse_irreversible_there,
    figures=figures,
    proposed=propose_there,
    withdrawn=withdraw_there,
)
PERSON_CORRECTIONS = Correctable(
    refuse=refuse_irreversible_of_person,
    figures=figures,
    proposed=propose_of_person,
    withdrawn=withdraw_of_person,
)
