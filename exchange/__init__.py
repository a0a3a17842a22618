"""Paper and files: a club's workbook in; ledgers out."""
