"""A club's book in a workbook, read into typed rows and faults: no database, no events.

`safe` refuses a dangerous file by its bytes, `sandbox` has `child` read the rest under limits
with `package` and `sheet_xml`; `sheets` recognises the sheets, `taking` makes typed `rows` of
them with the parsers in `cells`, `dates`, `text` and `words`. `read.read_workbook` is the way
in. Nothing is imported here, so that the child starts with the standard library alone.
"""
