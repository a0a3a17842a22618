"""One club from its founding to the last day, meeting after meeting."""

from datetime import date

from desk.desk import Desk
from sochung.scenario.care import Care
from sochung.scenario.life import Life
from sochung.scenario.money import Money
from sochung.scenario.people import People
from sochung.scenario.plan import ClubPlan
from sochung.scenario.telling import Telling
from store.log import Work


def tell_club(desk: Desk, unit: Work, plan: ClubPlan, last_day: date) -> None:
    tell = Telling(desk, unit, plan)
    people = People(tell)
    people.found()
    money, care = Money(tell, people), Care(tell)
    life, dice = Life(tell, care), plan.dice("attendance")
    for month, day in enumerate(_meetings(plan, last_day)):
        tell.day = day
        people.come_and_go()
        if month:
            people.new_term(month)
        if day.month == 12:
            people.certify_again()
        present = len(tell.members) - dice.randint(2, 12)
        life.month(month)
        care.meeting(month, life.meet(month, present))
        money.meeting(month, present)
        tell.last_meeting = day


def _meetings(plan: ClubPlan, last_day: date) -> list[date]:
    """The founding's own month counts when the meeting day has not gone by."""
    found = plan.founded_on
    months = range(found.year * 12 + found.month - 1, last_day.year * 12 + last_day.month)
    days = [date(m // 12, m % 12 + 1, plan.meeting_day) for m in months]
    return [day for day in days if found <= day <= last_day]
