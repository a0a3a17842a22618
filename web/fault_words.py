"""What may be wrong or odd in a workbook, by its code, in English.

The sentence of a finding is Vietnamese, as the book is, and says what stands in the cell; a reader
of English is told this first and has the sentence beside it.
"""

from collections.abc import Mapping
from typing import Final

from api.titles import TITLES

FAULTS: Final[Mapping[str, str]] = {
    # the file and its sheets
    "workbook-unreadable": "The file cannot be read as an .xlsx workbook.",
    "workbook-too-large": "The workbook is too large.",
    "workbook-macros": "The file has macros: save it as .xlsx without them.",
    "workbook-entities": "The file declares entities: it is not read.",
    "workbook-external-links": "The file takes figures from another file: break the link first.",
    "sheet-unknown": "This sheet is not taken.",
    "sheet-hidden": "This sheet is hidden and was taken all the same.",
    "header-missing": "No row with the headings of this sheet was found.",
    "column-missing": "A column is missing.",
    "column-doubled": "Two columns mean the same.",
    "column-unit": "The unit of this column is not known.",
    "column-unknown": "This column is not taken.",
    "club-missing": "The sheet about the club is missing.",
    "club-doubled": "There are two sheets about the club.",
    "club-ambiguous": "More than one club fits this book.",
    "item-unknown": "This line about the club is not taken.",
    "item-doubled": "This line about the club stands twice.",
    "board-unknown": "The board could not be read.",
    "founding-date-missing": "No founding date: the earliest day of the book is taken.",
    # rows and cells
    "value-missing": "A value is missing.",
    "row-not-taken": "There are no figures in this row.",
    "row-changed": "This row was imported before and says something else now.",
    "row-missing": "Rows imported before are no longer on this sheet; the book keeps them.",
    "row-sum-mismatch": "Principal and interest do not add up to the sum of the row.",
    "total-mismatch": "The rows do not add up to the total.",
    "merged-cells": "The row has merged cells: fill in each cell.",
    "cell-error": "The cell shows an error of Excel.",
    "formula-cell": "A formula: its stored result was taken; please compare.",
    "formula-without-value": "A formula without a result: open the book, save it, import again.",
    "text-invalid": "Not a text, or characters that no text may hold.",
    "text-too-long": "The text is too long.",
    "mark-unreadable": "Neither a mark (x) nor empty.",
    # amounts, numbers and rates
    "amount-unreadable": "Not an amount of money.",
    "amount-negative": "The amount is negative.",
    "amount-not-whole": "An amount is whole đồng.",
    "amount-zero": "The amount is zero.",
    "amount-in-words": "Write the amount in digits alone.",
    "number-unreadable": "Not a whole number.",
    "number-out-of-range": "The number is out of range.",
    "percent-unreadable": "Not an interest rate.",
    "percent-out-of-range": "Not a likely interest rate.",
    "percent-odd": "The interest rate is very low: is it meant a hundred times as high?",
    "direction-unknown": "Either money in or money out, one of them.",
    "source-unknown": "This source of money is not known.",
    "method-unknown": "This way of paying back is not known.",
    # days and times
    "date-unreadable": "Not a date.",
    "date-impossible": "There is no such day.",
    "date-ambiguous": "The date can be read in two ways.",
    "date-out-of-range": "The date lies outside 1900–2100.",
    "before-founding": "A day before the club was founded.",
    "time-unreadable": "Not a time, or not a length of time.",
    "time-ambiguous": "Hours or minutes?",
    "time-missing": "Begin and end, or the minutes, are missing.",
    "time-differs": "The minutes are not those from begin to end.",
    "work-days-unreadable": "Not a number of work-days.",
    "work-days-out-of-range": "Not a likely number of work-days.",
    "work-days-and-time": "Both hours and work-days: the work-days are taken.",
    "work-shared": "Several people in one row: each has all the work-days.",
    # people
    "name-unreadable": "Not a name.",
    "name-doubled": "A name stands twice.",
    "unknown-person": "Nobody in the list of members has this name.",
    "unknown-borrower": "The borrower is not in the list of members.",
    "person-ambiguous": "More than one person has this name.",
    "borrower-ambiguous": "More than one member has the borrower's name.",
    "too-many-people": "Too many people in one cell.",
    "member-known": "Known already as somebody else of this name.",
    "sex-unknown": "Neither male nor female.",
    "household-unknown": "This class of household is not known.",
    "citizen-number-odd": "A citizen's number has 12 digits.",
    # loans and vouchers
    "terms-unfit": "Amount, rate and length make no schedule.",
    "before-joining": "Borrowed before joining the club.",
    "officer-borrowed": "The borrower was on the board.",
    "same-day-reborrowing": "Borrowed again on the day the loan before was settled.",
    "interest-after-principal": "Interest taken after all principal was paid.",
    "interest-short": "Less interest was taken than the schedule says.",
    "count-differs": "The count differs from the book.",
    "voucher-missing": "The row has no voucher number.",
    "voucher-unreadable": "Not a voucher number.",
    "voucher-series": "The voucher is of another series.",
    "voucher-year": "The voucher is of another year.",
    "voucher-jump": "Voucher numbers are missing in between.",
    # care and work
    "before-enrolment": "A day before care of this person began.",
    "after-discharge": "A day after care of this person ended.",
    "volunteer-left": "This person is no volunteer any more.",
    "meeting-doubled": "The book has a meeting of this day already.",
    "task-unknown": "This help is not known: kept as a note.",
    "minutes-odd": "Not the number of minutes of a meeting: kept as a note.",
    "helped-unknown": "Who was helped is not known.",
    "hours-twice": "The same hours stand twice.",
    "pressure-unreadable": "Not a blood pressure.",
    "pressure-impossible": "No possible blood pressure.",
    "pulse-impossible": "No possible pulse.",
    "weight-impossible": "No possible weight.",
}  # fmt: skip


def fault_in_english(code: str) -> str:
    """What `code` says: of the workbook itself, or of what the book's rules refused."""
    return FAULTS.get(code) or TITLES[code][1]
