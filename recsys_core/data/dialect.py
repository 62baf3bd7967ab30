"""How a file of text is written, found from its first part: encoding, separator, quoting, header or not."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from recsys_core.data.encodings import ENCODINGS, encoding_of, mark_of
from recsys_core.data.headers import column_names, header_evidence
from recsys_core.errors import DataError, ParamError
from recsys_core.i18n import N_, _

UNIT = "\x1f"
"""Stands for a separator of several signs while a file is read."""
SPACES, COLONS = " ", "::"
SEPARATORS = {
    ",": N_("comma"),
    ";": N_("semicolon"),
    "\t": N_("tab"),
    "|": N_("bar"),
    COLONS: N_("two colons"),
    SPACES: N_("spaces"),
}
MOST_COLUMNS = 500
_SNIFFED_ROWS = 60
_MOST_PREAMBLE = 15
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1e]")
_SPACE = re.compile(r"[ \t]+")
_DECIMAL = re.compile(r"[+-]?\d+,\d+")
_SEP_LINE = re.compile(r"^sep=(.)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person says about how a file is written; None where the file itself decides."""

    header: bool | None = None
    separator: str | None = None
    encoding: str | None = None
    skip_bad_rows: bool = False
    """Leave out rows with too many or too few cells, instead of refusing the file."""

    def __post_init__(self) -> None:
        """Raises ParamError for a separator or encoding that cannot be read."""
        for given, known, where in (
            (self.separator, tuple(SEPARATORS), _("separator")),
            (self.encoding, ENCODINGS, _("encoding")),
        ):
            if given is not None and given not in known:
                raise ParamError(
                    what=_("{given} is not known").format(given=repr(given)),
                    where=where,
                    remedy=_("use one of: {known}").format(known=" ".join(map(repr, known))),
                )


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written.

    Attributes:
        encoding: a Python codec.
        separator: a key of SEPARATORS.
        quote, escape: whether cells may stand in double quotation marks; whether a backslash escapes them.
        header: whether the first row holds names; `why` says by which evidence.
        skipped: lines before the header or the first row that are no rows.
        start: bytes before the first row of data.
        first_row: its number, as a spreadsheet counts: the file's first line is 1.
        columns: names; column_1, column_2, ... where the file has none.
    """

    encoding: str
    separator: str
    quote: bool
    escape: bool
    header: bool
    why: str
    skipped: int
    start: int
    first_row: int
    columns: tuple[str, ...]

    def said(self) -> dict[str, Any]:
        """What a page and `--json` tell of it."""
        return {
            "encoding": self.encoding,
            "separator": self.separator,
            "header": self.header,
            "why": self.why,
            "skipped": self.skipped,
        }


def sniff(head: bytes, *, name: str, whole: bool, reading: Reading) -> Dialect:
    """The dialect of a file that starts like this.

    Args:
        head: the first bytes.
        name: what messages call the file.
        whole: whether `head` is all of it, or its last line may be cut.
        reading: what the person says, which goes before what is found.

    Raises:
        DataError: it is no text, or no table.
    """
    encoding = reading.encoding or encoding_of(head)
    text, mark = _decoded(head, encoding, name)
    lines = _lines(text)
    lines = lines if whole or len(lines) < 2 else lines[:-1]
    skipped, separator = _leading(lines, reading.separator)
    body = [line for line in lines[skipped : skipped + _SNIFFED_ROWS] if line.strip()]
    if not body:
        raise DataError(what=_("the file is empty"), where=name, remedy=_("choose a file with rows"))
    separator = reading.separator or separator or _separator(body)
    quote, escape = _quoting(body, separator)
    skipped = _after(lines, skipped, _title_lines(body, separator, quote, escape))
    after = "".join(lines[skipped:])
    rows, ends = _rows(after, separator, quote, escape)
    evidence = header_evidence(rows)
    header = evidence.header if reading.header is None else reading.header
    why = evidence.why if reading.header is None else _("you said so")
    columns = column_names(rows, header=header)
    _check_width(columns, name)
    used = "".join(lines[:skipped]) + (after[: ends[0]] if header else "")
    return Dialect(
        encoding, separator, quote, escape, header, why, skipped,
        start=mark + len(used.encode(encoding if encoding != "utf-16" else "utf-16-le")),
        first_row=len(_lines(used)) + 1,
        columns=tuple(columns),
    )  # fmt: skip


def _lines(text: str) -> list[str]:
    """The lines with their ends; unlike `splitlines`, only a newline or return ends one."""
    return list(io.StringIO(text, newline=""))


def _check_width(columns: list[str], name: str) -> None:
    if len(columns) > MOST_COLUMNS:
        raise DataError(
            what=_("{n:,} columns are more than the {most} that a table of interactions may have").format(
                n=len(columns), most=MOST_COLUMNS
            ),
            where=_("{file}, row {row}").format(file=name, row=1),
            remedy=_("give one row an interaction: user, item, value; not one column an item"),
        )


def _decoded(head: bytes, encoding: str, name: str) -> tuple[str, int]:
    """The text with every line ending in a newline only as long as it was, and the length of a leading mark."""
    mark = mark_of(head)
    mark = 0 if mark == 2 and encoding != "utf-16" else mark
    little = not head.startswith(b"\xfe\xff")
    codec = encoding if encoding != "utf-16" else "utf-16-le" if little else "utf-16-be"
    text = head[mark:].decode(codec, errors="ignore")
    zeros = text.count("\0")
    if 0 < zeros < 0.05 * len(text):
        row = len(_lines(text[: text.index("\0") + 1]))
        raise DataError(
            what=_("this is not a text file: it holds a zero byte"),
            where=_("{file}, row {row}").format(file=name, row=row),
            remedy=_("the file is damaged there, or no table: export it again"),
        )
    controls = len(_CONTROL.findall(text[:100_000]))
    if zeros or controls > max(8, 0.05 * len(text[:100_000])):
        raise DataError(
            what=_("this is not a text file"),
            where=name,
            remedy=_("save it as CSV or Parquet and choose it again"),
        )
    return text, mark


def _leading(lines: list[str], given: str | None) -> tuple[int, str | None]:
    """Lines at the start that are blank or remarks, and a separator that one of them names."""
    named = None
    for place, line in enumerate(lines):
        found = _SEP_LINE.match(line)
        if found:
            named = found.group(1) if found.group(1) in SEPARATORS else None
        elif line.strip() and not line.lstrip().startswith(("#", "%")):
            return place, given or named
    return len(lines), given or named


def split_line(line: str, separator: str, *, quote: bool = True, escape: bool = False) -> list[str]:
    """The cells of one line."""
    rows, _ends = _rows(line, separator, quote, escape)
    return rows[0] if rows else []


def _rows(text: str, separator: str, quote: bool, escape: bool) -> tuple[list[list[str]], list[int]]:
    """The first rows, and where each ends in the text."""
    lines = _lines(text)
    reader = csv.reader(
        (_one_sign(line, separator) for line in lines),
        delimiter=UNIT if separator in (COLONS, SPACES) else separator,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar="\\" if escape else None,
    )
    rows: list[list[str]] = []
    ends: list[int] = []
    lengths = [len(line) for line in lines]
    try:
        for row in reader:
            if row:
                rows.append(row)
                ends.append(sum(lengths[: reader.line_num]))
            if len(rows) >= _SNIFFED_ROWS:
                break
    except csv.Error:
        pass  # a cell larger than csv allows: what came before it is enough to go on
    return rows, ends


def _one_sign(line: str, separator: str) -> str:
    if separator == COLONS:
        return line.replace(COLONS, UNIT)
    return _SPACE.sub(UNIT, line.strip(" \t\r\n")) + "\n" if separator == SPACES else line


def _widths(lines: list[str], separator: str, quote: bool = True, escape: bool = False) -> list[int]:
    rows, _ends = _rows("".join(lines), separator, quote, escape)
    return [len(row) for row in rows]


def _separator(lines: list[str]) -> str:
    """The separator that cuts most rows into the same number of cells, and into most; spaces come last."""

    def fit(separator: str) -> tuple[bool, float, int]:
        widths = _widths(lines, separator)
        width, same = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return width > 1, same / max(len(widths), 1), width

    fits = {separator: fit(separator) for separator in SEPARATORS}
    best = max((one for one in SEPARATORS if one != SPACES), key=fits.__getitem__)
    many, same, width = fits[best]
    by_space = fits[SPACES]
    decimal = best == "," and by_space[1] > 0.9 and all(map(_commas_are_decimal, lines[1:]))
    if by_space[0] and (not many or (same < 0.9 < by_space[1]) or (decimal and by_space[2] > width)):
        return SPACES
    return best


def _commas_are_decimal(line: str) -> bool:
    """Whether a line of cells between spaces has commas only inside numbers: '196 242 3,5'."""
    return all(_DECIMAL.fullmatch(cell) for cell in line.split() if "," in cell)


def _quoting(lines: list[str], separator: str) -> tuple[bool, bool]:
    """The way of quoting under which all rows are of one width; the usual one where none is.

    Where a separator is never part of a cell, a quotation mark that nothing closes is a sign like any other.
    """
    if separator in ("\t", COLONS, "|") and _unclosed(lines, separator):
        return False, False
    for quote, escape in ((True, False), (True, True), (False, False)):
        widths = _widths(lines, separator, quote, escape)
        if len(set(widths)) == 1 and len(widths) > 1:
            return quote, escape
    return True, False


def _unclosed(lines: list[str], separator: str) -> bool:
    rows, _ends = _rows("".join(lines), separator, False, False)
    return any(
        cell.startswith('"') and (len(cell) == 1 or not cell.endswith('"')) for row in rows for cell in row
    )


def _title_lines(lines: list[str], separator: str, quote: bool, escape: bool) -> int:
    """How many lines stand before the table: at most one cell is filled, where most rows have several.

    A spreadsheet pads such lines to the width of the table, so that empty cells do not count.
    """
    rows, _ends = _rows("".join(lines), separator, quote, escape)
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    usual = Counter(filled[1:]).most_common(1)[0][0] if len(filled) > 2 else 1
    count = 0
    while count < min(_MOST_PREAMBLE, len(filled) - 2) and usual > 2 and filled[count] <= 1:
        count += 1
    return count


def _after(lines: list[str], start: int, count: int) -> int:
    """The place after so many lines that are not blank."""
    while count:
        count -= bool(lines[start].strip())
        start += 1
    return start
