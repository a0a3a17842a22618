"""Who may send what, route by route, written by hand: the tests hold every route against it.

Each letter is a role, each sign what becomes of its request in its own place:

    x  taken
    .  not there (404)
    r  taken with a reason, else 403
    t  taken when typed for somebody else who acted, else not there
    a  taken for somebody under care they are assigned to; nobody else is there
    o  taken for themselves; nobody else is there
    s  taken for a loan the audit drew; no other is there
    n  taken, and shows each caller their own part alone

Elsewhere (another club, commune or province) nothing is there, whatever the role. The papers of a
list (.csv, .xlsx) are the list's.
"""

import re

ROLES = {
    "T": "treasurer",
    "A": "accountant",
    "C": "chair",
    "S": "secretary",
    "K": "care_coordinator",
    "V": "volunteer",
    "M": "member",
    "O": "commune_officer",
    "P": "provincial_officer",
    "U": "auditor",
    "R": "relative",
    "D": "administrator",
}

EXPECTED = """
T A C S K V M O P U R D

x x x x x x x x x x x x   list_units show_reply show_checkpoint
x x x x x x x x x x x x   show_me change_password set_pin propose_factor set_factor remove_factor
x x x x x x x x x x x x   prove_factor list_tokens make_token end_token show_inbox
x x x x x x x x x x x x   list_own_sign_ins

x x x x x x x x x x . x   list_clubs show_club
. . . . . . . x x . . x   found_club reassign_commune suspend_club resume_club dissolve_club
. . x x . . . x . . . .   adopt_regulation elect_board name_stand_in hand_over_office
. . x x . . . x . . . .   hold_meeting postpone_meeting hold_activity give_support

x x x x x . . r r . . r   list_members list_club_duplicates list_volunteer_days list_attendance
x x x x x . . r r . . r   list_meetings list_postponements list_activities list_supports
x x x x x . . r r . . r   print_health_sheet
x x x x x a o r r . x r   show_member list_duplicates show_history
. . x x x . . x . . . .   join_club correct_member tell_household leave_club record_death
. . x x x . . x . . . .   give_consent withdraw_consent show_merge propose_merge approve_merge

. . x x x . o x . . x .   request_data
. . x . . . . x x . . .   list_requests decide_request complete_request
. . . . x . o . . . x .   list_readings show_data show_data_xlsx

x x . t . . . t . . . .   attach_file
x x x x . . . r r s . .   list_attachments show_attachment

x x x x x . . x x x . .   show_figures show_balances show_donor_statement show_club_report_csv
x x x x x . . x x x . .   show_province_report show_province_report_pdf
x x x x x . . x x x . .   show_province_report_xlsx restate_province_report
x x x x . . . r r x . .   list_ledger list_vouchers list_loans show_loan list_findings
x x x x . . . r r x . .   show_loan_book show_cash_book list_figure_events
x x x x . . . r r x . .   list_province_figure_events
x x x x . . . r r s . .   show_loan_evidence print_voucher print_cash_count
x x x x . . . r r . . .   print_statements print_meeting_sheet
x x x x . . . r r . . .   show_club_report show_club_report_xlsx show_club_report_pdf

x x . t . . . t . . . .   receive_capital receive_dues receive_income pay_expense transfer_funds
x x . t . . . t . . . .   move_money receive_bank_interest give_advance settle_advance
x x . t . . . t . . . .   receive_gift give_goods_out make_shortage_good
x x . t . . . t . . . .   disburse_loan repay_loan recover_loan
x x x x . . . t . . . .   request_loan appraise_loan check_use withdraw_loan
x x x x . . . t . . . .   confirm_balance dispute_balance
. t x t . . . x . . . .   approve_loan reject_loan endorse_loan extend_loan freeze_loan
. t x t . . . x . . . .   unfreeze_loan waive_interest take_over_debt call_guarantor refund_excess
. t x t . . . x . . . .   write_off_loan bear_loss return_capital allocate_interest
. t x t . . . x . . . .   resolve_surplus settle_cash_difference settle_finding
x x x x . . . x . . . .   count_cash
. x x t . . . t . . . .   enter_opening_balances close_period hand_over_treasury
x x x x x x x x x . . .   confirm_entry
x x x x . . . r . . . .   show_reversal show_correction
x x x x . . . x . . . .   propose_reversal propose_correction
. x x t . . . x . . . .   approve_reversal approve_correction
x x x x . . . . x x . .   list_unusual_items show_proof
. . . . . . . . x x . .   list_events show_tile

. . . . n n n . . . . .   list_care_cases
. . . . x a o . . . x .   show_care_case
. . . . x . . . . . . .   enrol_client assess_needs make_care_plan discharge_client
. . . . x . . . . . . .   enrol_volunteer train_volunteer leave_volunteering
. . . . x . . . . . . .   record_check_up record_insurance
. . . . x a . . . . . .   make_visit miss_visit open_referral close_referral measure_vitals
. . x x x o . . . . . .   schedule_shift work_shift work_planned_shift cancel_shift
. . x x x . . . . . . .   do_group_work

. . . . . . . x x . . .   list_associations show_association list_trainings list_media_items
. . . . . . . x x . . .   list_plans list_submitted_reports
. . . . . . . x x . . .   register_association hold_training publish_media_item adopt_plan
. . . . . . . x x . . .   enter_paper_figures submit_report resubmit_report return_report
. . . . . . . x x . . .   accept_report lock_report

. . . . . . . . . . . x   list_accounts show_account open_account propose_role approve_role
. . . . . . . . . . . x   list_sign_ins
. . . . . . . . . . . x   decline_role withdraw_role disable_account enable_account
. . . . . . . x x . . x   give_reset_code
"""

SECOND_HANDS = """
T A C S K V M O P U R D

x x x x . . . x . . . .   adopt_regulation extend_loan freeze_loan unfreeze_loan waive_interest
x x x x . . . x . . . .   take_over_debt write_off_loan bear_loss settle_cash_difference
x x x x . . . x . . . .   close_period disburse_loan
x x . . . . . . . . . .   return_capital
"""
"""Whose agreement counts where a command names a second hand, of their own place; to whoever else
it is as if nobody were there (`second-hand-needed`)."""

OPEN = {
    *("log_in", "log_out", "take_turn", "reset_password"),
    *("list_sessions", "end_session", "end_other_sessions"),
    *("show_alive", "show_ready", "show_metrics", "show_docs", "show_docs_file"),
    "make_loan_schedule",
}
"""Asked of nobody: the door itself, one's own devices, and the machine's health."""


def expected(table: str = EXPECTED, route: str = r"\S+") -> dict[str, dict[str, str]]:
    """What becomes of each route, by role."""
    heading, *lines = [line for line in table.splitlines() if line.strip()]
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        signs, routes = line[: len(heading)].split(), re.findall(route, line[len(heading) :])
        assert len(signs) == len(ROLES), line
        for one in routes:
            assert one not in found, f"{one} stands twice"
            found[one] = dict(zip(map(ROLES.get, heading.split()), signs, strict=True))  # type: ignore[arg-type]
    return found
