"""Accounts of the service itself: who may log in, and which roles were given to them."""
