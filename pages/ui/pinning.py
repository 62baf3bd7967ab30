"""The small 'Pin' control in the sidebar, and how a pinned view is opened again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st

from pages.ui import links, state
from recsys_core.errors import RecsysError
from recsys_core.i18n import _
from recsys_core.pins import LONGEST_SENTENCE, Pin, add_pin, list_pins, query_of
from recsys_core.runs import open_run

QUESTION = "pinning_question"
OPENED = "pin"
"""The parameter of an address that a pin made: this once the address decides over what the session had chosen."""
BOARD = "present"
WITHOUT_RUN = frozenset({"home", "explore", "prepare", "train", "metrics", "audit", "worth", "taste", "tune"})
"""Pages that show data, or runs that their address names, but not the run of the sidebar."""
_SENTENCE, _TOLD, _VIEW = "pinning_sentence", "pinning_told", "pinning_view"


def control(page: str, pages: Collection[str]) -> None:
    """Draws the control for the page of that name; nothing where there is nothing to pin.

    Args:
        pages: every page that there is.
    """
    if page == BOARD or state.summary() is None:
        return
    pinned = st.session_state.get(_VIEW)
    if pinned is not None and pinned != (page, _query()):  # another view wants another sentence
        st.session_state[_SENTENCE] = ""
        st.session_state.pop(_VIEW)
    told = st.session_state.pop(_TOLD, None)
    if told:
        st.toast(told[1], icon=f":material/{told[0]}:")
    with st.popover(
        _("Pin"),
        icon=":material/keep:",
        help=_("Keep this view on the board, to present it or to put it into a report."),
        key="pinning",
        width="stretch",
    ):
        _form(page, tuple(pages))


def _form(page: str, pages: tuple[str, ...]) -> None:
    with st.form("pinning_form", border=False):
        st.text_area(
            _("What does one see here?"),
            key=_SENTENCE,
            max_chars=LONGEST_SENTENCE,
            placeholder=_("One sentence in plain words"),
            height=110,
        )
        st.form_submit_button(_("Pin this view"), key="pinning_go", on_click=_pin, args=(page, pages))


def _query() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The address's own parameters, without data set and run."""
    found = {name: tuple(st.query_params.get_all(name)) for name in st.query_params}
    own = {name: values for name, values in found.items() if name not in (state.DATA, state.RUN, OPENED)}
    return tuple(sorted(own.items()))


def _pin(page: str, pages: tuple[str, ...]) -> None:
    """Keeps the view of the address; what came of it is told on the next run of the script."""
    data = state.summary()
    if data is None:
        return
    run = None if page in WITHOUT_RUN else state.run()
    try:
        pin = add_pin(
            Pin(
                page=page,
                query=query_of(dict(_query())),
                sentence=st.session_state[_SENTENCE],
                actor=state.ACTOR,
                dataset=data.name,
                fingerprint=data.fingerprint,
                run=run.id if run else "",
                question=st.session_state.get(QUESTION, ""),
            ),
            pages=pages,
        )
        place = next((n for n, one in enumerate(list_pins(), start=1) if one.id == pin.id), 0)
    except RecsysError as problem:
        st.session_state[_TOLD] = ("error", str(problem))
        return
    st.session_state[_TOLD] = ("keep", _("Pinned: number {n} on the board.").format(n=place))
    st.session_state[_VIEW] = (page, _query())


def address_of(pin: Pin) -> dict[str, Any]:
    """The parameters that bring a pinned view back, for `st.page_link`."""
    asked: dict[str, Any] = {name: list(values) for name, values in pin.query}
    asked |= {state.DATA: pin.dataset, OPENED: pin.id}
    if pin.run:
        asked[state.RUN] = state.run_label(open_run(pin.run))
    return asked


def follow() -> None:
    """Where a pin made the address, it decides, and what this session had chosen before is forgotten."""
    pin_id = st.query_params.pop(OPENED, None)
    if pin_id is None:
        return
    links.forget()
    try:
        pin = next((one for one in list_pins() if one.id == pin_id), None)
    except RecsysError:
        return
    if pin is not None:
        state.choose_data(pin.dataset)
        if pin.run:
            state.choose_run(pin.run)
