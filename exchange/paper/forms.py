"""The forms that papers follow, and where each comes from.

From study, not from a lawyer (domain.md): the codes are those of Circular 133/2016/TT-BTC,
annexes 3 and 4. A club under another regime changes them here.
"""

from typing import Any

SOURCE = ("(Ban hành theo Thông tư số 133/2016/TT-BTC", "ngày 26/8/2016 của Bộ Tài chính)")

RECEIPT, PAYMENT, CASH_COUNT, CASH_BOOK = "01-TT", "02-TT", "08a-TT", "S07-DN"


def form(code: str) -> dict[str, Any]:
    return {"code": code, "source": list(SOURCE)}
