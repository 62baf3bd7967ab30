"""Recommend's further runs: up to four lists of the same user in columns."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cached, parts, recommend_list, state
from pages.ui.recommend_controls import Asked
from recsys_core.i18n import _
from recsys_core.runs import Run, open_run
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.side_by_side import FALLBACKS, side_by_side


def show(serving: Serving, run: Run, user: int, asked: Asked) -> None:
    """The lists in columns, hits and shared items marked, and one sentence about how far they agree."""
    data, words = serving.data, serving.data.words
    runs = [run, *(open_run(one) for one in asked.beside)]
    servings = [serving, *(cached.serving(one.id, data.fingerprint) for one in runs[1:])]
    found = side_by_side(servings, user, **asked.dial(serving))
    st.header(_("The same {user} by {n} runs").format(user=words.user, n=len(runs)))
    st.markdown(parts.plain(found.sentence(data), parts.LONGEST_SENTENCE))
    if not found.same_split:
        st.caption(_("These runs held out different rows, so their hits cannot be compared."))
    for place, one, table, fallback in zip(
        st.columns(len(runs), gap="medium"), runs, found.lists, found.fallbacks, strict=True
    ):
        with place, st.container(border=True, height="stretch"):
            _column(one, table, fallback, len(runs), words.user)


def _column(run: Run, table: pd.DataFrame, fallback: str, n_runs: int, user: str) -> None:
    st.markdown(f"**{parts.plain(state.run_label(run))}**")
    hits = _("{n} held-out found").format(n=int(table["hit"].sum()))
    badges = [f":green-badge[{recommend_list.HIT} {hits}]"]
    badges += [f":orange-badge[:material/groups: {_(FALLBACKS[fallback][0])}]"] if fallback else []
    st.markdown(" ".join(badges), help=_(FALLBACKS[fallback][1]).format(user=user) if fallback else None)
    recommend_list.compact(table, _marks(table, n_runs))


def _marks(table: pd.DataFrame, n_runs: int) -> list[str]:
    """What each item is beside its title: a hit, and in how many of the lists."""
    marks = []
    for hit, shared in zip(table["hit"], table["shared"], strict=True):
        one = [f":green-badge[{recommend_list.HIT} {_('hit')}]"] if hit else []
        if shared > 1:
            said = _("in all") if shared == n_runs else _("in {n}").format(n=int(shared))
            one.append(f":gray-badge[{said}]")
        marks.append(" ".join(one))
    return marks
