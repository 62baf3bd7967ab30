"""Prepare, third part: counting what the steps cost; for many rows with progress, time left and Stop."""

from __future__ import annotations

import json
import time
from typing import Any

import streamlit as st

from pages.ui.doctor_files import Read
from pages.ui.memo import is_remembered, remembered
from recsys_core.data.cleaning import Cleaned, clean_events
from recsys_core.data.events import Events
from recsys_core.data.importing import convert
from recsys_core.data.recipe import Recipe
from recsys_core.evaluation.meanings import duration
from recsys_core.i18n import _

MANY_ROWS = 1_500_000
"""From so many rows on, counting takes more than a few seconds."""
CONVERTING = 2
"""What converting the columns takes, in steps."""


def counted(read: Read, recipe: Recipe) -> tuple[Events, Cleaned] | None:
    """The events and what the steps leave of them; None where a person stopped the counting.

    Columns are converted anew only when one of them, the kind or a looked-at column changes.

    Raises:
        DataError: a cell cannot be read.
    """
    plain = recipe.as_dict()
    looked_at = sorted(str(one.get("column")) for one in plain["steps"].values() if one["on"])
    assignment = json.dumps([plain["columns"], plain["kind"], plain["unreadable"], looked_at])
    key, steps = (read.key, assignment), json.dumps(plain["steps"])
    if len(read.table) < MANY_ROWS or is_remembered("cleaned", (*key, steps)):
        with st.spinner(_("Counting what each step costs…")):
            events = remembered("events", key, lambda: convert(read.table, recipe))
            return events, remembered(
                "cleaned", (*key, steps), lambda: clean_events(events, recipe.steps), most=6
            )
    return _counted_slowly(read, recipe, key, steps)


def _counted_slowly(
    read: Read, recipe: Recipe, key: tuple[str, str], steps: str
) -> tuple[Events, Cleaned] | None:
    """The same for many rows: with progress, time left and Stop."""
    stopped = f"prepare_stopped_{read.key}"
    if st.session_state.get(stopped):
        st.info(_("Counting was stopped. The steps can still be changed."), icon=":material/pause:")
        if not st.button(_("Count what the steps cost"), key="prepare_count", icon=":material/calculate:"):
            return None
        st.session_state[stopped] = False
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, text=_("Converting {n:,} rows…").format(n=len(read.table)))
        st.button(
            _("Stop"), key="prepare_stop", icon=":material/stop:", on_click=_stop, args=(stopped,),
            help=_("The file stays; only the counting ends."),
        )  # fmt: skip
    began = time.monotonic()

    def tell(event: dict[str, Any]) -> None:
        share = (event["done"] + CONVERTING) / (event["of"] + CONVERTING)
        left = (time.monotonic() - began) * (1 - share) / max(share, 0.01)
        text = _("{step}… about {left} left").format(step=_(event["title"]).capitalize(), left=duration(left))
        bar.progress(min(share, 1.0), text=text)

    events = remembered("events", key, lambda: convert(read.table, recipe), most=1)
    cleaned = remembered("cleaned", (*key, steps), lambda: clean_events(events, recipe.steps, tell), most=1)
    place.empty()
    return events, cleaned


def _stop(key: str) -> None:
    st.session_state[key] = True
