"""Parts of a page: title, empty state, the error boundary, cards, the code drawer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pandas as pd
import streamlit as st

from pages.ui import pinning, shell
from recsys_core.errors import RecsysError
from recsys_core.evaluation.meanings import number
from recsys_core.files import safe_csv as core_safe_csv
from recsys_core.i18n import _
from recsys_core.snippets import snippet

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|$<>~:&])")
LONGEST_TITLE = 120
LONGEST_SENTENCE = 1000
# Addresses become links even where every sign is escaped, unless something unseen stands in their middle.
_LINKED = re.compile(r"(?i)https?\\:|www(?=\\\.)|@")
_JOINER = "\u2060"


def title(text: str, question: str) -> None:
    """The page's name and the question it answers."""
    st.title(text)
    st.caption(question)
    st.session_state[pinning.QUESTION] = question  # goes along with a pin of this view


def plain(text: object, longest: int = LONGEST_TITLE) -> str:
    """Data as text inside markdown: nothing in it is a link, an image, a formula or a directive; cut when long."""
    flat = " ".join(str(text).split())
    if len(flat) > longest:
        flat = flat[: longest - 1] + "…"
    return _LINKED.sub(lambda found: found.group() + _JOINER, _SPECIAL.sub(r"\\\1", flat))


def answer(sentence: str) -> None:
    """The page's answer, in one sentence, above everything that shows it."""
    st.header(plain(sentence, LONGEST_SENTENCE), anchor=False)


def empty(what: str, button: str, page: str, icon: str = ":material/arrow_forward:") -> NoReturn:
    """What would be here, and the one link that makes it; the page ends."""
    with st.container(border=True):
        st.header(what, anchor=False)
        st.page_link(shell.file_of(page), label=button, icon=icon)
    st.stop()


def error(problem: RecsysError | str) -> None:
    """What is wrong, where, and what to do."""
    st.error(plain(problem, LONGEST_SENTENCE), icon=":material/error:")


@contextmanager
def boundary() -> Iterator[None]:
    """Shows a RecsysError as one clear message in place of the page's body."""
    try:
        yield
    except RecsysError as problem:
        error(problem)
        st.stop()


def chips(values: list[str]) -> str:
    """Attribute values as small badges, in one markdown line."""
    return " ".join(f":gray-badge[{plain(value)}]" for value in values)


def attribute_values(row: pd.Series, columns: list[str], limit: int = 7) -> list[str]:
    """What is known of an item, flat: lists opened, missing left out."""
    values: list[str] = []
    for column in columns:
        cell = row[column]
        if isinstance(cell, (list, tuple)) or (hasattr(cell, "tolist") and not isinstance(cell, str)):
            opened = cell if isinstance(cell, (list, tuple)) else cell.tolist()
            values += [str(one) for one in (opened if isinstance(opened, (list, tuple)) else [opened])]
        elif not pd.isna(cell):
            values.append(f"{cell:g}" if isinstance(cell, float) else str(cell))
    return [value for value in values if value not in ("", "<NA>", "nan")][:limit]


def card(row: pd.Series, columns: list[str], *, share: float, badge: str = "", reason: str = "") -> Any:
    """One recommended item: rank, title, attributes, a thin bar for the score, badge and reason.

    Returns:
        The place under the bar, for a small control.
    """
    with st.container(border=True, gap="xsmall"):
        head, bar = st.columns([5, 1], vertical_alignment="center")
        line = f"**{int(row['rank'])}** &nbsp; **{plain(row['title'])}** &nbsp; {badge}".rstrip()
        head.markdown(f"{line}  \n{chips(attribute_values(row, columns))}".rstrip())
        bar.progress(min(max(share, 0.0), 1.0), text=number(float(row["score"])))
        if reason:
            st.caption(reason)
    return bar


class _Drawn:
    """A chart that is handed over as it is."""

    def __init__(self, chart: Any) -> None:
        self._chart = chart

    def to_dict(self) -> dict[str, Any]:
        """Its description, not validated."""
        found: dict[str, Any] = self._chart.to_dict(validate=False)
        return found


def drawn(chart: Any) -> Any:
    """A chart for `st.altair_chart`, which would validate it against the schema of Vega-Lite at every look.

    That takes longer than all else about a chart; the tests validate every chart that we draw.
    """
    return _Drawn(chart)


def code(page: str, **values: Any) -> None:
    """The drawer with the lines of recsys_core that reproduce the view."""
    with st.expander(_("</> Code")):
        st.caption(_("These lines give the same figures in a notebook or a script."))
        st.code(snippet(page, **values), language="python")


def about(*paragraphs: str) -> None:
    """'What is this?' at the end of a page."""
    with st.expander(_("What is this?")):
        for paragraph in paragraphs:
            st.markdown(paragraph)


safe_csv = core_safe_csv
