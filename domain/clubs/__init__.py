"""Clubs, their regulations and boards, the people and their membership."""
