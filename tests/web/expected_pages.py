"""Who may open which page and send which form, written by hand as `expected_permissions.py` is.

The signs are the same; a form is `x` where it is looked at: what comes of it is asked of each
command it becomes.
"""

PAGES = """
T A C S K V M O P U R D

x x x x x x x x x x x x   GET /  GET /more  GET /me  GET /system  GET /words
x x x x x x x x x x x x   GET /approvals  POST /approvals
x x x x x x x x x x x x   GET /imports/template.xlsx  POST /me/openid  POST /me/openid/removal
x x x x x x x x x x x x   POST /me/password  POST /me/pin  POST /me/devices
. . . . . . . . . . . x   GET /sign-ins
. . . . . . . x x . . x   GET /accounts
. . . . . . . x x . . x   GET /members/{member_id}/account  POST /members/{member_id}/account

x x x x x . . x x x . .   GET /clubs  GET /province  GET /clubs/{club_id}/report
x x x x x . . r r . . r   GET /clubs/{club_id}/members
. . x x x . . x . . . .   GET /clubs/{club_id}/newcomer  POST /clubs/{club_id}/newcomer
x x x x x x . x . . . .   GET /clubs/{club_id}/offline-lists
x x x x x . . r r . . r   GET /clubs/{club_id}/care/shift  POST /clubs/{club_id}/care/shift
x x x x x . . r r . . r   POST /clubs/{club_id}/care/shift/{shift_id}/cancel
x x x x x a o r r . x r   GET /members/{member_id}

x x x x . . . r r x . .   GET /clubs/{club_id}/cash-book  GET /clubs/{club_id}/loan-book
x x x x . . . r r x . .   GET /clubs/{club_id}/ledger  GET /clubs/{club_id}/ledger.hledger
x x x x . . . r r x . .   GET /clubs/{club_id}/reconcile  GET /clubs/{club_id}/figures/{name}
x x x x . . . r r x . .   GET /province/{figure}  GET /loans/{loan_id}  GET /events/{event_id}
x x x x . . . r r x . .   GET /clubs/{club_id}/imports
. x x t . . . t . . . .   POST /clubs/{club_id}/reconcile
. x x t . . . t . . . .   POST /clubs/{club_id}/imports/{import_id}/undo
x x . . . . . x x . . x   GET /imports  POST /imports  POST /imports/confirm

x x x x . . . r . . . .   GET /events/{event_id}/reversal  POST /events/{event_id}/reversal
x x x x . . . r . . . .   GET /events/{event_id}/correction  POST /events/{event_id}/correction
x x x x . . . r r . . .   GET /clubs/{club_id}/approvals  POST /clubs/{club_id}/approvals
x x x x . . . r r . . .   GET /clubs/{club_id}/meeting  POST /clubs/{club_id}/meeting
x x x x . . . r r . . .   GET /clubs/{club_id}/lending  POST /clubs/{club_id}/lending
x x x x . . . r r . . .   GET /clubs/{club_id}/repay  GET /clubs/{club_id}/book.xlsx
x x x x . . . r r s . .   GET /loans/{loan_id}/repay  POST /loans/{loan_id}/repay
x x x x . . . r r s . .   POST /loans/{loan_id}/repay/confirm  GET /events/{event_id}/receipt
x x x x . . . r r s . .   GET /loans/{loan_id}/evidence

. . . . x . . . . . . .   GET /clubs/{club_id}/meeting/health  POST /clubs/{club_id}/meeting/health
. . . . x . . . . . . .   GET /clubs/{club_id}/care/week
. . . . x a . . . . . .   GET /care-cases/{client_id}/visit  POST /care-cases/{client_id}/visit

x x x x . . . . x x . .   GET /audit  GET /audit/clubs/{club_id}
. . . . . . . . x x . .   GET /audit/sample  POST /audit/sample  GET /audit/samples/{sample_id}
. . . . . . . . x x . .   GET /audit/clubs/{club_id}/bundle.zip  POST /audit/findings
"""
