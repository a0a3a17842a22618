"""A club's care book: home care, volunteers and their work, members' health readings."""
