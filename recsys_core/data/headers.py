"""Whether a file's first row holds names or data, and what its columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recsys_core.data.names import is_known_name
from recsys_core.i18n import _

MOST_SIGNS = 120
"""A longer name is cut: whatever stands there, it is no name."""
_TYPED = re.compile(r"^(.+):(token|float|token_seq|float_seq)$")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?%?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?|[A-Z][a-z]{2} [A-Z][a-z]{2} \d{2} .*")
_WORD = re.compile(r"[^\W\d_].*")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether the first row is a header, and by what one sees it."""

    header: bool
    why: str


def header_evidence(rows: Sequence[Sequence[str]]) -> Evidence:
    """Judges the first row against the ones below it.

    A header has no number where the column below is numbers or times; where all is text, its cells are known
    names, or look unlike everything below them (other signs, another length, never seen again).
    """
    if not rows:
        return Evidence(True, "")
    first = [cell.strip() for cell in rows[0]]
    columns = [[row[place].strip() for row in rows[1:] if place < len(row)] for place in range(len(first))]
    if any(_typed(cell) for cell in first):
        return Evidence(False, _("its first row holds numbers or times, as the rows below do"))
    known = [
        cell
        for cell, column in zip(first, columns, strict=True)
        if is_known_name(_bare(cell)) and cell not in column
    ]
    why = ""
    if known and (len(known) >= 2 or len(first) <= 3):
        why = _("its first row holds known names such as {name}").format(name=repr(known[0][:40]))
    elif len(rows) == 1:
        why = _("there is only one row") if _wordy(first) else ""
    elif _above_numbers(first, columns):
        why = _("{name} stands above numbers or times").format(name=repr(_above_numbers(first, columns)))
    elif known or _unlike(first, columns):
        why = _("its first row looks unlike the rows below it")
    return Evidence(bool(why), why or _("its first row looks like the rows below it"))


def _above_numbers(first: Sequence[str], columns: Sequence[Sequence[str]]) -> str:
    """The first cell with a word above a column of numbers or times; empty where none is."""
    for cell, column in zip(first, columns, strict=True):
        present = [one for one in column if one]
        if cell and present and sum(map(_typed, present)) >= 0.9 * len(present):
            return cell[:40]
    return ""


def column_names(rows: Sequence[Sequence[str]], *, header: bool) -> list[str]:
    """A distinct name for every column: as in the file, column_1, column_2, ... where it has none.

    A first row that is one cell short names the columns after an unnamed first one (as R writes row names), or,
    where every row ends in a separator, all but an empty last one.
    """
    width = max((len(row) for row in rows[1:4]), default=len(rows[0]) if rows else 0)
    if not header:
        return [f"column_{place}" for place in range(1, max(width, len(rows[0]) if rows else 0) + 1)]
    names = [_bare(cell) for cell in rows[0]]
    if len(names) == width - 1 and all(len(row) == width for row in rows[1:]):
        names = [*names, ""] if all(not row[-1].strip() for row in rows[1:]) else ["", *names]
    return distinct_names(names)


def distinct_names(given: Sequence[object]) -> list[str]:
    """The names as text, each once: empty ones by their place, repeated ones numbered, long ones cut."""
    cut = [str(name).strip()[:MOST_SIGNS].strip() for name in given]
    names = [name or f"column_{place}" for place, name in enumerate(cut, start=1)]
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        candidate = name if seen[name] == 1 else f"{name} ({seen[name]})"
        while seen[name] > 1 and candidate in names:
            candidate += "'"
        found.append(candidate)
    return found


def _bare(cell: str) -> str:
    """A name without the type that some files write behind a colon."""
    text = cell.strip().strip("\ufeff")
    typed = _TYPED.match(text)
    return typed.group(1) if typed else text


def _typed(cell: str) -> bool:
    text = cell.strip()
    return bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def _wordy(cells: Sequence[str]) -> bool:
    return all(_WORD.fullmatch(cell) for cell in cells if cell) and len(set(cells)) == len(cells)


def _unlike(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether the first cells are words that never come again, above columns that have a pattern of their own."""
    if not _wordy(first) or any(cell in column for cell, column in zip(first, columns, strict=True)):
        return False
    odd = 0
    for cell, column in zip(first, columns, strict=True):
        present = [one for one in column if one]
        shapes = {_shape(one) for one in present}
        odd += bool(present) and len(shapes) <= max(2, len(present) // 10) and _shape(cell) not in shapes
    return odd > 0


def _shape(cell: str) -> str:
    """What signs a text is made of: 'u0001' -> 'a9'."""
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", cell)))
