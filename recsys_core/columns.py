"""Names of the columns that every table uses, and the kinds of feedback."""

from __future__ import annotations

from enum import StrEnum

USER = "user_id"
ITEM = "item_id"
VALUE = "value"
TIME = "timestamp"
TITLE = "title"
PART = "part"
"""In a data set made from the caller's own files: 0 for a training row, 1 for a test row."""

USER_ROW = "user"
ITEM_ROW = "item"
"""Row numbers into the users' and the items' table: what everything inside works with."""


class Kind(StrEnum):
    """What one interaction says: a value on a scale, that it happened, or a yes/no answer."""

    RATING = "rating"
    IMPLICIT = "implicit"
    CLICK = "click"


VALUES, NUMBERS, COUNTS = "values", "numbers", "counts"
"""How points are coloured: a colour a value, a scale, a scale by powers of ten."""
OTHER = ""
"""A value too rare for a colour of its own."""
