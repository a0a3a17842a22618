"""The book against the plain book, at random; `make soak` runs it at length."""

from hypothesis import settings

from machine import Club

Club.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestClub = Club.TestCase
