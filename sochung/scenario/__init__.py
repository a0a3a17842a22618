"""The clubs of Lạng Sơn as a newspaper told of them: people invented, figures kept to.

Everything is told through the real decisions, and the same seed tells the same story: ids, days
and amounts come out alike, whichever clubs are asked for. Only what seals a text is fresh.
"""
