"""Whose list: a user by id, or somebody at random of a kind; the same choice on every page."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import streamlit as st

from pages.ui.links import linked
from recsys_core.columns import USER
from recsys_core.i18n import _
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.people import KINDS

MANY_USERS = 20_000
ANYBODY = "anybody"


def choose(places: list[Any], serving: Serving, key: str) -> str:
    """Three widgets: a user, the kind that one is drawn from, and the draw; the id of the chosen one.

    Args:
        key: of the button that draws, one a page.
    """
    data, words = serving.data, serving.data.words
    ids = data.users[USER]
    if data.n_users <= MANY_USERS:
        chosen = places[0].selectbox(
            words.user.capitalize(),
            list(ids),
            key=linked("user", ids.iloc[0], options=set(ids)),
            persist_state="session",
            help=_("Type to search by id."),
        )
    else:
        chosen = places[0].text_input(
            words.user.capitalize(),
            key=linked("user", ids.iloc[0]),
            persist_state="session",
            help=_("An id as in the file."),
        )
    names = {ANYBODY: _("anybody"), **{kind: _(name) for kind, (name, _what) in KINDS.items()}}
    told = [
        f"**{_(name)}**: " + _(what).format(items=words.items, users=words.users)
        for name, what in KINDS.values()
    ]
    places[1].selectbox(
        _("Draw from"),
        list(names),
        key=linked("kind", ANYBODY, options=names),
        persist_state="session",
        format_func=lambda kind: names.get(kind, kind),
        on_change=_draw,
        args=(serving,),
        help="  \n".join(told),
    )
    places[2].button(
        _("Somebody"),
        key=key,
        on_click=_draw,
        args=(serving,),
        icon=":material/casino:",
        help=_("Somebody at random, of the kind to the left."),
        width="stretch",
    )
    return str(chosen)


def _draw(serving: Serving) -> None:
    """Chooses a user at random, of the chosen kind."""
    kind = st.session_state.get("kind", ANYBODY)
    rows = np.arange(serving.data.n_users) if kind == ANYBODY else serving.people.of_kind(kind)
    if len(rows):
        st.session_state["user"] = serving.data.users[USER].iloc[random.choice(rows.tolist())]
