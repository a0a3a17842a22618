"""What each event is called and said as, in Vietnamese and English, by topic and role."""

from collections.abc import Mapping

from projections.sentences.accounts import ACCOUNTS
from projections.sentences.care import CARE
from projections.sentences.clubs import CLUBS
from projections.sentences.evidence import EVIDENCE
from projections.sentences.loans import LOANS
from projections.sentences.wording import Wording

WORDINGS: Mapping[str, Wording] = {**LOANS, **CLUBS, **CARE, **EVIDENCE, **ACCOUNTS}
