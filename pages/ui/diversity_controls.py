"""Diversity's controls: whose list, by which re-ranker, how strongly, and what counts as unlike."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.ui import who
from pages.ui.links import linked
from recsys_core.data.dataset import Dataset
from recsys_core.i18n import _
from recsys_core.ranking.likeness import DISTANCES
from recsys_core.ranking.rerank import METHODS, MIX, Setting
from recsys_core.scenarios.lists import Serving

METHOD, STRENGTH, DISTANCE = "reranker", "strength", "distance"
START = 0.3


@dataclass(frozen=True)
class Asked:
    """What the controls ask for."""

    user: str
    k: int
    setting: Setting


def ask(serving: Serving) -> Asked:
    """Draws the controls in one bordered box."""
    words, most = serving.data.words, min(50, serving.data.n_items)
    distances = serving.studio.distances
    with st.container(border=True):
        first = st.columns([1.5, 1.1, 1.1, 0.8], vertical_alignment="bottom")
        user = who.choose(first[:3], serving, "diversity_random")
        k = first[3].number_input(
            _("How many"), 1, most, key=linked("k", min(10, most), low=1, high=most), persist_state="session"
        )
        second = st.columns([1.2, 2, 1.3], vertical_alignment="bottom")
        method = second[0].selectbox(
            _("Re-ranker"),
            list(METHODS),
            key=linked(METHOD, MIX, options=METHODS),
            persist_state="session",
            format_func=lambda one: _(METHODS[one][0]),
            help="  \n".join(meanings(serving.data)),
        )
        strength = second[1].slider(
            _("Strength"),
            0.0,
            1.0,
            step=0.05,
            key=linked(STRENGTH, START, low=0.0, high=1.0),
            persist_state="session",
            help=_("0: as the model ranks. 1: nothing counts but what the re-ranker is after."),
        )
        setting = Setting(method, float(strength))
        distance = second[2].selectbox(
            _("What counts as unlike"),
            distances,
            key=linked(DISTANCE, distances[0], options=distances),
            persist_state="session",
            format_func=lambda one: _(DISTANCES[one][0]),
            disabled=not setting.uses_distance,
            help="  \n".join(
                f"**{_(DISTANCES[one][0])}**: "
                + _(DISTANCES[one][1]).format(items=words.items, users=words.users)
                for one in distances
            ),
        )
    return Asked(str(user), int(k), Setting(method, float(strength), distance))


def meanings(data: Dataset) -> list[str]:
    """What each re-ranker is after, with the data set's own nouns."""
    words = data.words
    nouns = {
        "items": words.items,
        "Items": words.items.capitalize(),
        "users": words.users,
        "user": words.user,
    }
    return [f"**{_(title)}**: " + _(what).format(**nouns) for title, what in METHODS.values()]
