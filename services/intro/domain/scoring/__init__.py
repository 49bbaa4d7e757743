"""The place for what an introduction is worth: facts in numbers, and the reciprocal score of a pair.

Everything is whole numbers, so that sums are exact and a round replays bit for bit.
"""

COMPONENTS = ("ground", "help", "path", "closeness", "company", "way", "newness")
"""Their order is the order of columns everywhere."""
WHOLE = 1000
"""A component that is fully met."""
TOP = 65535
"""The score of a pair in which everything is met for both."""
