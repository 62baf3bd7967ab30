"""What the views of Metrics share: the runs that are drawn, and the part of the test rows that was clicked or brushed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui import cached, parts, state
from pages.ui.links import fallen_back, linked
from recsys_core.data.dataset import Dataset
from recsys_core.i18n import LANGUAGE, _
from recsys_core.scenarios.chosen import (
    EVERYTHING,
    Chosen,
    Pick,
    PickedRange,
    PickedSlice,
    chosen_of,
    read_pick,
)
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import Row
from recsys_core.scenarios.slicing import Slicing, slicing, ways

RUNS, ONLY = "drawn", "restrict"
MOST_RUNS, FIRST_RUNS = 6, 4


@st.cache_resource(max_entries=32, show_spinner=False)
def _slicing(run_id: str, fingerprint: str, by: str, language: str) -> Slicing:
    return slicing(cached.judged(run_id, fingerprint).split, by)


@dataclass(frozen=True)
class Drawn:
    """What a view draws.

    Attributes:
        judged: the chosen runs by id, the first one deciding orders and ranges.
        labels, colours: by id; both of all runs.
    """

    data: Dataset
    rows: tuple[Row, ...]
    judged: dict[str, Judged]
    labels: dict[str, str]
    colours: dict[str, str]

    @property
    def first(self) -> str:
        """The id of the run that decides."""
        return next(iter(self.judged))

    def cut(self, by: str) -> Slicing:
        """The slices of a way of cutting."""
        return _slicing(self.first, self.data.fingerprint, by, LANGUAGE.get())


def drawn(rows: Sequence[Row], data: Dataset) -> Drawn:
    """The control that chooses up to six runs, the same in every view; and what it chose, opened."""
    labels = {row.run.id: row.label for row in rows}
    picked = st.multiselect(
        _("Runs to draw"),
        list(labels),
        key=linked(RUNS, _at_first(rows), options=labels),
        persist_state="session",
        format_func=lambda run_id: labels.get(run_id, run_id),
        max_selections=MOST_RUNS,
        help=_(
            "Up to {n} runs. The first one decides what stands first, and whose values a brush is about."
        ).format(n=MOST_RUNS),
        placeholder=_("Choose runs"),
    )
    return opened(rows, data, picked or _at_first(rows)[:1])


def opened(rows: Sequence[Row], data: Dataset, chosen: Sequence[str]) -> Drawn:
    """These runs, by id, to be drawn."""
    judged = {run_id: cached.judged(run_id, data.fingerprint) for run_id in chosen}
    labels = {row.run.id: row.label for row in rows}
    return Drawn(data, tuple(rows), judged, labels, state.colours(data))


def _at_first(rows: Sequence[Row]) -> list[str]:
    """The best run, popularity, and the next best two."""
    order = [row for row in rows if not row.floor] + [row for row in rows if row.floor]
    floor = next((row for row in rows if row.config.model == "popularity"), None)
    first = order[:1] + ([floor] if floor is not None and floor not in order[:1] else [])
    others = [row for row in order if row not in first]
    return [row.run.id for row in [*first, *others][:FIRST_RUNS]]


def restricted(shown: Drawn) -> Chosen:
    """The part of the test rows that was chosen, with a chip for each choice that takes it back."""
    linked(ONLY, [])
    texts: list[str] = st.session_state[ONLY]
    if not texts:
        return EVERYTHING
    known = ways(shown.data)
    picks = [pick for pick in map(read_pick, texts) if pick is not None]
    picks = [pick for pick in picks if not isinstance(pick, PickedSlice) or pick.by in known]
    needed = {pick.run for pick in picks if isinstance(pick, PickedRange)} & set(shown.labels)
    data = shown.data
    judged = shown.judged | {
        run_id: cached.judged(run_id, data.fingerprint) for run_id in needed - set(shown.judged)
    }
    chosen = chosen_of(picks, shown.cut, judged)
    kept = [pick.text for pick in chosen.picks]
    if kept != texts:
        fallen_back(ONLY, ", ".join(text for text in texts if text not in kept))
        st.session_state[ONLY] = kept
        linked(ONLY, [])
    _chips(shown, chosen)
    return chosen


def _chips(shown: Drawn, chosen: Chosen) -> None:
    if not chosen:
        return
    words = shown.data.words
    with st.container(horizontal=True, vertical_alignment="center"):
        for place, pick in enumerate(chosen.picks):
            st.button(
                _("Only: {what}").format(what=parts.plain(pick.told(words))),
                key=f"metrics_only_{place}",
                on_click=drop,
                args=(pick,),
                icon=":material/close:",
                help=_("Every chart is about these test rows only. A click takes the choice back."),
            )
        judged = shown.judged[shown.first].judged
        n = int(chosen.user_mask(judged).sum())
        st.caption(_("{n:,} of {all:,} judged {users}").format(n=n, all=len(judged), users=words.users))


def without(picks: Chosen, kind: type[PickedSlice] | type[PickedRange], shown: Drawn) -> Chosen:
    """The choice less what a chart itself has chosen: a chart does not filter itself."""
    others = [pick for pick in picks.picks if not isinstance(pick, kind)]
    if len(others) == len(picks.picks):
        return picks
    needed = {pick.run for pick in others if isinstance(pick, PickedRange)} & set(shown.labels)
    data = shown.data
    judged = shown.judged | {one: cached.judged(one, data.fingerprint) for one in needed}
    return chosen_of(others, shown.cut, judged)


def choose(pick: Pick) -> None:
    """Makes it the choice of its kind, in place of the one before; the same slice again takes it back."""
    texts: list[str] = st.session_state.get(ONLY, [])
    others = [text for text in texts if not isinstance(read_pick(text), type(pick))]
    again = isinstance(pick, PickedSlice) and pick.text in texts
    st.session_state[ONLY] = others if again else [*others, pick.text]


def drop(pick: Pick) -> None:
    """Takes one choice back."""
    st.session_state[ONLY] = [text for text in st.session_state.get(ONLY, []) if text != pick.text]


def draw_key(name: str) -> str:
    """The key of a chart that answers to the mouse: a new one once its gesture was understood, so that no mark stays."""
    return f"{name}_{st.session_state.get(f'{name}_drawn', 0)}"


def answering(name: str, follow: Callable[[dict[str, object]], None]) -> Callable[[], None]:
    """What a chart does with a gesture: `follow` gets its selection, then the chart is drawn anew.

    Args:
        name: as given to `draw_key`.
    """
    key = draw_key(name)

    def answer() -> None:
        follow(st.session_state[key]["selection"])
        st.session_state[f"{name}_drawn"] = st.session_state.get(f"{name}_drawn", 0) + 1

    return answer
