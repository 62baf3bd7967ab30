"""Recommend's controls: whose list, how long, how diverse, of which items, and which runs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, shell, state, who
from pages.ui.links import linked
from recsys_core.i18n import _
from recsys_core.ranking.rerank import Setting
from recsys_core.runs import Run
from recsys_core.scenarios.filters import Filters, Newness, grouping_values
from recsys_core.scenarios.leaderboard import finished_runs
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.side_by_side import MOST_RUNS

MOST_PILLS = 40
NEW_ONLY, ALL = "new", "all"
EVERYTHING = 100


@dataclass(frozen=True)
class Asked:
    """What the controls ask for.

    Attributes:
        user: the id, which the data may not know.
        again: what the user already chose may be listed.
        beside: ids of further runs.
    """

    user: str
    k: int
    strength: float
    filters: Filters
    again: bool
    beside: tuple[str, ...]

    @property
    def rerank(self) -> Setting:
        """Where the dial stands."""
        return Setting(strength=self.strength)

    def dial(self, serving: Serving) -> dict[str, Any]:
        """The arguments that every list of this view takes."""
        allowed = self.filters.allowed(serving)
        return {"k": self.k, "rerank": self.rerank, "allowed": allowed, "again": self.again}


def controls(serving: Serving, run: Run) -> Asked:
    """Draws the controls in one bordered box."""
    most = min(50, serving.data.n_items)
    with st.container(border=True):
        row = st.columns([1.5, 1.1, 1.1, 0.8, 1.5], vertical_alignment="bottom")
        user = who.choose(row[:3], serving, "recommend_random")
        k = row[3].number_input(
            _("How many"),
            1,
            most,
            key=linked("k", min(10, most), low=1, high=most),
            persist_state="session",
        )
        strength = row[4].slider(
            _("Diversity"),
            0.0,
            1.0,
            step=0.05,
            key=linked("diversity", 0.0, low=0.0, high=1.0),
            persist_state="session",
            help=_(
                "0: as ranked. Higher: {items} that are unlike those already in the list come in (MMR). The page Diversity "
                "shows what that costs, and knows other ways."
            ).format(items=serving.data.words.items),
        )
        second = st.columns([4.2, 1], vertical_alignment="bottom")
        beside = _beside(second[0], serving, run)
        with second[1].popover(_("More"), key="recommend_more", icon=":material/tune:", width="stretch"):
            since, least, again = _more(serving)
            st.page_link(
                shell.file_of("diversity"),
                label=_("What variety costs"),
                icon=":material/shuffle:",
            )
        only = _only(serving)
        _active(serving, since, least, again)
    filters = Filters(tuple(only), since, least)
    return Asked(str(user), int(k), float(strength), filters, again, tuple(beside))


def _more(serving: Serving) -> tuple[float | None, int, bool]:
    """Newness, support, and whether what is known may be listed."""
    words = serving.data.words
    since = _since(serving.newness) if serving.newness is not None else None
    least = st.number_input(
        _("Chosen by at least"),
        0,
        serving.data.n_users,
        key=linked("least", 0, low=0, high=serving.data.n_users),
        persist_state="session",
        help=_(
            "Only {items} that so many {users} chose in training: the score of a rare one is a guess."
        ).format(items=words.items, users=words.users),
    )
    names = {NEW_ONLY: _("only what is new to them"), ALL: _("what they know, too")}
    holds = st.segmented_control(
        _("The list may hold"),
        list(names),
        key=linked("holds", NEW_ONLY, options=names),
        persist_state="session",
        format_func=lambda name: names.get(name, name),
        required=True,
        help=_("Known is what this {user} chose in training.").format(user=words.user),
    )
    return since, int(least), holds == ALL


def _active(serving: Serving, since: float | None, least: int, again: bool) -> None:
    """What is set under More, where it would not be seen."""
    told, newness = [], serving.newness
    if since is not None and newness is not None:
        when = f"{since:.0f}" if newness.column else f"{pd.Timestamp(int(since), unit='s'):%d %b %Y}"
        told.append(_("since {when}").format(when=when))
    if least:
        told.append(_("chosen by at least {n}").format(n=least))
    if again:
        told.append(_("what they know, too"))
    if told:
        st.markdown(parts.chips(told))


def _since(newness: Newness) -> float | None:
    """The year or second from which an item counts as new enough; None where all do."""
    low, high = newness.span
    if newness.column:
        year = st.slider(
            _("{attribute} from").format(attribute=newness.column),
            int(low),
            int(high),
            key=linked("since", int(low), low=int(low), high=int(high)),
            persist_state="session",
            help=_("Only from this one on; where it is not known, it does not pass."),
        )
        return None if year <= int(low) else float(year)
    share = st.slider(
        _("First seen in the last … % of the time"),
        5,
        EVERYTHING,
        step=5,
        key=linked("newest", EVERYTHING, low=5, high=EVERYTHING),
        persist_state="session",
        help=_("By the first interaction in training; 100: whenever."),
    )
    start = high - (high - low) * share / EVERYTHING
    return None if share >= EVERYTHING else start


def _beside(place: Any, serving: Serving, run: Run) -> list[str]:
    """Further runs whose lists are put beside this one."""
    others = {one.id: one for one in finished_runs(serving.data) if one.id != run.id}
    if not others:
        return []
    labels = {run_id: state.run_label(one) for run_id, one in others.items()}
    return list(
        place.multiselect(
            _("Beside it"),
            list(labels),
            key=linked("beside", [], options=labels),
            persist_state="session",
            format_func=lambda run_id: labels.get(run_id, run_id),
            max_selections=MOST_RUNS - 1,
            select_all=False,
            placeholder=_("Up to {n} more runs for the same {user}").format(
                n=MOST_RUNS - 1, user=serving.data.words.user
            ),
        )
    )


def _only(serving: Serving) -> list[str]:
    """Values of the first grouping attribute to which the list is held."""
    attribute, values = grouping_values(serving)
    if not attribute:
        return []
    linked("only", [], options=set(values))
    label = _("Only {attribute}").format(attribute=attribute)
    if len(values) <= MOST_PILLS:
        return list(st.pills(label, values, selection_mode="multi", key="only", persist_state="session"))
    return list(st.multiselect(label, values, key="only", persist_state="session"))
