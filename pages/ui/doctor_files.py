"""Prepare, first part: which files, how they are read, and what they were taken for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from pages.ui import parts
from recsys_core.data.dialect import ENCODINGS, SEPARATORS, Reading
from recsys_core.data.inbox import waiting_files
from recsys_core.data.packed import ALL, tables_in
from recsys_core.data.tables import LEFT_OUT, MAX_MB, READ, read_table
from recsys_core.errors import RecsysError
from recsys_core.i18n import _, ngettext

NONE = "–"
ENDINGS = ["csv", "tsv", "txt", "dat", "data", "tab", "gz", "zip", "parquet", "inter", "item", "user"]


@dataclass(frozen=True)
class Given:
    """A file that a person gave: an upload or one of the inbox. `key` changes with its content."""

    key: str
    name: str
    content: Path | bytes


@dataclass(frozen=True)
class Read:
    """A table and the key under which caches know it."""

    key: str
    table: pd.DataFrame
    reading: Reading


@st.cache_resource(max_entries=3, show_spinner=False)
def _table(key: str, name: str, member: str, reading: Reading, _content: Path | bytes) -> pd.DataFrame:
    """A file as a table, read once; nobody changes it."""
    limit = MAX_MB if isinstance(_content, bytes) else None
    return read_table(_content, name=name, max_mb=limit, member=member, reading=reading)


@st.cache_data(max_entries=12, show_spinner=False)
def _members(key: str, name: str, _content: Path | bytes) -> list[str]:
    return tables_in(_content, name=name)


def given(label: str, key: str, help_text: str) -> Given | None:
    """An upload, or a file of the inbox where there is one."""
    round_key = f"{key}_{st.session_state.get('prepare_round', 0)}"  # a new round starts with no file
    file = st.file_uploader(label, type=ENDINGS, key=round_key, max_upload_size=MAX_MB, help=help_text)
    if file is not None:
        return Given(file.file_id, file.name, file.getvalue())
    waiting = {one.name: one for one in waiting_files()}
    if not waiting:
        return None
    chosen = st.selectbox(
        _("or from the inbox"),
        [NONE, *waiting],
        key=f"{round_key}_inbox",
        format_func=lambda name: name if name == NONE else f"{name} ({waiting[name].size_mb:,.0f} MB)",
        help=_("Files in the folder 'inbox' of the workspace: any size."),
    )
    if chosen == NONE:
        return None
    found = waiting[chosen]
    return Given(f"{found.name}-{found.stamp}", found.name, found.path)


def members(file: Given) -> list[str]:
    """The tables inside an archive; what is wrong with it is said and ends the page."""
    with parts.boundary():
        return _members(file.key, file.name, file.content)
    return []


def member_of(
    file: Given,
    label: str,
    key: str,
    *,
    taken: Sequence[str] = (),
    optional: bool = False,
    start: str | None = None,
) -> str | None:
    """Which table of an archive with several; empty for any other file, None where nothing is chosen."""
    there = [one for one in members(file) if one not in taken]
    if not there or (len(there) == 1 and not optional):
        return None if optional else there[0] if there else ""
    options = [NONE, *there] if optional else [*there, ALL]
    place = options.index(start) if start in options else 0
    chosen = st.selectbox(
        label,
        options,
        place,
        format_func=lambda one: _("all {n} as one").format(n=len(there)) if one == ALL else one,
        key=f"{key}_{file.key}",
        help=_("The archive holds several tables. Those with the same columns can be read as one."),
    )
    return None if chosen == NONE else str(chosen)


def read_events(file: Given, member: str, reading: Reading | None) -> Read | None:
    """The table of interactions and, below it, the ways to read it differently; None when it cannot be read."""
    place, expander = st.container(), st.expander(_("Read it differently"), icon=":material/tune:")
    with expander:
        said = _reading_controls(file.key, reading or Reading())
    try:
        with st.spinner(_("Reading {name}…").format(name=file.name), show_time=True):
            table = _table(file.key, file.name, member, said, file.content)
    except RecsysError as problem:
        with place:
            parts.error(problem)
        return None
    with place:
        st.markdown(_taken_for(file.name if member in ("", ALL) else f"{file.name}, {member}", table))
    return Read(f"{file.key}|{member}|{said}", table, said)


def read_details(file: Given, member: str) -> pd.DataFrame | None:
    """A table of attributes; what is wrong with it is said in its place and ends the page."""
    with parts.boundary(), st.spinner(_("Reading {name}…").format(name=file.name), show_time=True):
        return _table(file.key, file.name, member, Reading(), file.content)
    return None


def _reading_controls(key: str, reading: Reading) -> Reading:
    auto = _("found by itself")
    cells = st.columns(4, vertical_alignment="bottom")
    headers = {auto: None, _("yes"): True, _("no"): False}
    said = next(label for label, value in headers.items() if value is reading.header)
    header = cells[0].selectbox(
        _("First row holds names"), list(headers), list(headers).index(said), key=f"prepare_header_{key}"
    )
    separators = {auto: None} | {f"{_(name)}": sign for sign, name in SEPARATORS.items()}
    chosen = next(label for label, sign in separators.items() if sign == reading.separator)
    separator = cells[1].selectbox(
        _("Between cells"), list(separators), list(separators).index(chosen), key=f"prepare_separator_{key}"
    )
    encodings = {auto: None} | {name: name for name in ENCODINGS}
    encoding = cells[2].selectbox(
        _("Encoding"),
        list(encodings),
        list(encodings.values()).index(reading.encoding),
        key=f"prepare_encoding_{key}",
        help=_("How letters are written; try another one where accents look wrong."),
    )
    skip = cells[3].toggle(
        _("Leave out rows that do not fit"),
        reading.skip_bad_rows,
        key=f"prepare_skip_{key}",
        help=_("Rows with too many or too few cells. How many it were is said."),
    )
    return Reading(headers[header], separators[separator], encodings[encoding], skip)


def _taken_for(name: str, table: pd.DataFrame) -> str:
    """What a file was taken for, in one sentence."""
    read = table.attrs.get(READ)
    text = f"**{parts.plain(name)}**: " + _("{rows:,} rows, {columns} columns").format(
        rows=len(table), columns=len(table.columns)
    )
    if read is None:
        return text + _("; Parquet, with types.")
    text += _("; {separator} between cells, {encoding}, ").format(
        separator=_(SEPARATORS[read["separator"]]), encoding=read["encoding"].upper()
    )
    text += _("names in the first row") if read["header"] else _("no names in the first row")
    text += f" ({parts.plain(read['why'])})." if read["why"] else "."
    if read["skipped"]:
        said = ngettext(
            "{n:,} line above the table is passed over.",
            "{n:,} lines above the table are passed over.",
            read["skipped"],
        )
        text += " " + said.format(n=read["skipped"])
    left_out = table.attrs.get(LEFT_OUT, 0)
    if left_out:
        said = ngettext(
            "{n:,} row did not fit and is left out.", "{n:,} rows did not fit and are left out.", left_out
        )
        text += " " + said.format(n=left_out)
    return text
