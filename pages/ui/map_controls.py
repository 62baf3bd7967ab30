"""Map's controls: items or users, how they are drawn, what colours mean, and which point is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.links import linked
from recsys_core.i18n import _
from recsys_core.scenarios.embedding_map import ITEMS, METHODS, SIDES, TSNE
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.map_colours import Colouring, colourings

OF, METHOD, COLOUR, POINT = "map_of", "map_method", "map_colour", "map_point"
NOBODY = ""
"""Stands for no point."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is drawn: the side, the method, the colouring; and the place of the box that finds a point."""

    of: str
    method: str
    colour: Colouring
    place: Any


def ask(serving: Serving) -> Asked:
    """The row of controls."""
    words = serving.data.words
    with st.container(border=True):
        places = st.columns([1.1, 1, 1.2, 1.8], vertical_alignment="bottom")
    names = dict(zip(SIDES, (words.items.capitalize(), words.users.capitalize()), strict=True))
    of = places[0].radio(
        _("On the map"),
        list(names),
        key=linked(OF, ITEMS, options=names),
        persist_state="session",
        horizontal=True,
        format_func=lambda one: names.get(one, one),
    )
    method = places[1].selectbox(
        _("Drawn by"),
        list(METHODS),
        key=linked(METHOD, TSNE, options=METHODS),
        persist_state="session",
        format_func=lambda one: _(METHODS[one][0]),
        help="  \n".join(
            f"**{_(name)}**: {_(what).format(items=words.items)}" for name, what in METHODS.values()
        ),
    )
    known = {one.name: one for one in colourings(serving, of)}
    colour = places[2].selectbox(
        _("Coloured by"),
        list(known),
        key=linked(COLOUR, next(iter(known)), options=known),
        persist_state="session",
        format_func=lambda one: known[one].title if one in known else one,
        help=_("Attributes of the data, or how often something was chosen."),
    )
    return Asked(of, method, known[colour], places[3])


def search(place: Any, points: pd.DataFrame) -> str:
    """The id of the point that is looked at; '' for none. A click on the map sets the same box."""
    ordered = points.sort_values("chosen", ascending=False, kind="stable")
    labels = dict(zip(ordered["id"], ordered["title"], strict=True))
    repeated = ordered["title"].duplicated(keep=False).to_numpy()
    labels |= {one: f"{labels[one]} · {one}" for one in ordered["id"][repeated]}
    return str(
        place.selectbox(
            _("Find"),
            [NOBODY, *labels],
            key=linked(POINT, NOBODY, options={NOBODY, *labels}),
            persist_state="session",
            format_func=lambda one: labels.get(one, _("click a point, or type")),
            help=_("Shows where it lies, and what is nearest to it."),
        )
    )
