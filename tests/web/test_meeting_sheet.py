"""The money sheet and the health sheet of a meeting, filled in without script."""

import re

from web_scene import Club, Plain

MEETING = "2026-05-10"


def signed(club: Club) -> dict[str, str]:
    return {
        "signed__1": str(club.treasurer),
        "signed__2": str(club.accountant),
        "signed__3": str(club.chair),
    }


def test_a_whole_meeting_is_one_form(treasurer: Plain, club: Club) -> None:
    page = treasurer.open(f"/clubs/{club.club_id}/meeting?on={MEETING}")
    assert "Nguyễn Thị Phượng" in page
    assert "1.000.000" in page, "what falls due by the meeting stands there"
    treasurer.send(
        head_count="12",
        minutes="BB 05/2026",
        dues__all="110.000",
        **{f"full.{club.loan}": "1", "notes.500000": "32", "reason": ""},
        **signed(club),
    )
    assert treasurer.status == 422, "the box is not what the book says: asked for a reason"
    assert "Thiếu" in treasurer.html or "Thừa" in treasurer.html
    assert "PT-2026" in treasurer.html, "and everything else is recorded"
    before = treasurer.client.app.state.parts.desk.log.head()  # type: ignore[attr-defined]
    treasurer.send(reason="Chưa kịp nộp tiền lẻ")
    assert treasurer.status == 200, treasurer.html
    assert "Đã ghi hết bảng này" in treasurer.html
    after = treasurer.client.app.state.parts.desk.log.head()  # type: ignore[attr-defined]
    assert after == before + 1, "sent again, only the count was new"


def test_without_script_the_foot_is_added_up_and_nothing_is_stored(
    treasurer: Plain, club: Club
) -> None:
    treasurer.open(f"/clubs/{club.club_id}/meeting?on={MEETING}")
    desk = treasurer.parts.desk
    before = desk.log.head()
    treasurer.send(
        add="1",
        head_count="12",
        dues__all="110.000",
        reason="Đếm hai lần",
        **{f"full.{club.loan}": "1", "notes.500000": "32", f"dues.{club.chair}": "10.000"},
    )
    assert treasurer.status == 200, treasurer.html
    assert desk.log.head() == before
    assert "chưa ghi gì" in treasurer.html
    told = {
        place: sum_ for place, sum_ in re.findall(r'data-total="([^"]+)">([^<]+)<', treasurer.html)
    }
    paid = int(told["paid"].replace(".", "")[:-2])
    assert paid > 1_000_000, "what fell due, ticked"
    assert told["dues"] == "120.000\u00a0₫"
    assert told["paid dues"] == f"{paid + 120_000:,}".replace(",", ".") + "\u00a0₫"
    assert told["box"] == "16.000.000\u00a0₫"
    for name, value in (("dues.all", "110.000"), ("notes.500000", "32"), ("reason", "Đếm hai lần")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', treasurer.html), name
    assert re.search(rf'name="full.{club.loan}"[^>]* checked', treasurer.html)
    treasurer.send(add="1", **{"notes.500000": "nhiều"})
    assert 'id="f-notes.500000"' in treasurer.html, "what is no number is said"
    assert desk.log.head() == before
    treasurer.send(**{"notes.500000": ""}, add=None)
    assert desk.log.head() > before, "the same sheet is then recorded"
