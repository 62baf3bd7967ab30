"""The built-in sources: what each is, its terms before it is fetched, and fetching one with progress and Stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import following, parts
from recsys_core.data.dataset import Dataset
from recsys_core.data.sources import list_sources
from recsys_core.data.store import open_dataset
from recsys_core.evaluation.meanings import fetching
from recsys_core.i18n import N_, _

KINDS = {"rating": N_("ratings"), "implicit": N_("choices"), "click": N_("clicks")}


def sources(done: Callable[[Dataset], Any]) -> None:
    """Every built-in source in a row, with its terms and a button that fetches it.

    Args:
        done: called with the data set once it is in the workspace.
    """
    asked, place = None, None
    with st.expander(_("No file at hand? Take a built-in data set"), key="fetching_sources"):
        for source in list_sources():
            with st.container(border=True, gap="xsmall"):
                clicked = _row(source)
                here = st.empty()
            if clicked:
                asked, place = source, here
    if asked is None or place is None:
        return
    with parts.boundary():
        refused = _fetch(asked, place)
    place.empty()
    if refused:
        parts.error(refused)
    else:
        with parts.boundary():
            made = open_dataset(asked["name"])
        done(made)


def _row(source: dict[str, Any]) -> bool:
    """What one source is, its size and terms; whether its button was clicked."""
    what, terms, button = st.columns([6, 1.5, 1.3], vertical_alignment="center")
    what.markdown(f"**{parts.plain(source['title'])}**: {parts.plain(source['what'], 300)}")
    what.markdown(parts.chips(_facts(source)))
    with terms.popover(_("Terms"), key=f"fetching_terms_{source['name']}"):
        st.text(source["terms"])
        if source["citation"]:
            st.caption(_("To be cited as:"))
            st.text(source["citation"])
        if source["url"]:
            st.link_button(_("Official page"), source["url"], icon=":material/open_in_new:")
    if source["cached"]:
        button.markdown(f":green-badge[:material/check: {_('here')}]")
        return False
    return button.button(_("Fetch"), key=f"fetching_{source['name']}", icon=":material/download:")


def _facts(source: dict[str, Any]) -> list[str]:
    facts = [_("{n} {what}").format(n=source["rows"], what=_(KINDS[source["kind"]]))]
    facts += [_("{n} users").format(n=source["users"])] if source["users"] else []
    facts += [_("{n} items").format(n=source["items"])] if source["items"] else []
    facts += [_("{n:g} MB").format(n=source["megabytes"])] if source["megabytes"] else [_("no download")]
    return [*facts, source["licence"]]


def _fetch(source: dict[str, Any], place: Any) -> str:
    """Fetches while the page waits; what was wrong, or nothing when the data set is in the workspace."""
    return following.follow(["fetch", source["name"]], place, key="fetching_stop", words=fetching)
