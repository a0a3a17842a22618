"""What is printed and signed: vouchers, counts, statements, sheets for a meeting, reports.

Each paper is a small typst file beside the module that fills it in; `press` sets them. Texts come
ready to read, so a layout holds no rule and no arithmetic.
"""
