"""A club's book: its funds, capital, loans, vouchers and counts."""
