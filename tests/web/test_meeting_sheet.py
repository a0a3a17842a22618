"""The money sheet and the health sheet of a meeting, filled in without script."""

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
