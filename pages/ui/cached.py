"""Bounded caches round the core, keyed by content: fingerprints and run ids, never big arguments."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys_core.columns import ITEM, ITEM_ROW, TITLE
from recsys_core.data.dataset import Dataset, Words
from recsys_core.data.event_index import EventIndex, Side
from recsys_core.data.findings import Finding
from recsys_core.data.findings import findings as core_findings
from recsys_core.data.groupings import Key, keys_of
from recsys_core.data.neighbours import attribute_keys, by_attributes, by_users
from recsys_core.data.profile import Profile
from recsys_core.data.profile import attribute_shares as core_attribute_shares
from recsys_core.data.profile import item_table as core_item_table
from recsys_core.data.profile import user_table as core_user_table
from recsys_core.data.profile import view as core_view
from recsys_core.data.selection import Selection, rows_of
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.data.store import open_same
from recsys_core.i18n import LANGUAGE, _
from recsys_core.runs import Run, open_run
from recsys_core.scenarios.frontier import Frontier
from recsys_core.scenarios.frontier_store import kept_frontier
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import Row
from recsys_core.scenarios.leaderboard import answers as leaderboard_answers
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.newcomers import curve
from recsys_core.scenarios.rehearsal import CANDIDATES, open_rehearsal
from recsys_core.scenarios.standings import Standing
from recsys_core.scenarios.standings import standings as core_standings

MOST_ROWS = 1000


@st.cache_resource(max_entries=4, show_spinner=_("Opening the data set…"))
def dataset(name: str, fingerprint: str) -> Dataset:
    """A data set, opened once; nobody changes it."""
    return open_same(name, fingerprint, where=_("workspace"), remedy=_("reload the page"))


@st.cache_resource(max_entries=8, show_spinner=False)
def serving(run_id: str, fingerprint: str) -> Serving:
    """A finished run, opened once with its data and model; nobody changes it."""
    run = open_run(run_id)
    return Serving.open(run, dataset(run.config.dataset, fingerprint))


@st.cache_resource(max_entries=8, show_spinner=False)
def split(fingerprint: str, name: str, spec: str, seed: int) -> Split:
    """A split of a data set, made once for all runs that share it; nobody changes it."""
    return make_split(dataset(name, fingerprint), SplitSpec.parse(spec, seed=seed))


@st.cache_resource(max_entries=64, show_spinner=False)
def judged(run_id: str, fingerprint: str) -> Judged:
    """A run's tables, each read once; nobody changes them."""
    run = open_run(run_id)
    config = run.config
    return Judged(run, split(fingerprint, config.dataset, config.split, config.split_seed))


@st.cache_resource(max_entries=16, show_spinner=False)
def _answers(runs: tuple[str, ...], k: int, language: str, _rows: list[Row], _words: Words) -> list[str]:
    return leaderboard_answers(_rows, _words, k)


def answers(rows: list[Row], words: Words, k: int) -> list[str]:
    """What the figures of these runs say; a run never changes, so it is worked out once."""
    return _answers(tuple(row.run.id for row in rows), k, LANGUAGE.get(), rows, words)


@st.cache_resource(max_entries=32, show_spinner=False)
def _standings(
    runs: tuple[str, ...], metrics: tuple[str, ...], reference: str, fingerprint: str, _rows: list[Row]
) -> list[Standing]:
    tables = {row.run.id: judged(row.run.id, fingerprint) for row in _rows}
    against = next(row for row in _rows if row.run.id == reference)
    return core_standings(_rows, metrics, against, tables)


def standings(rows: list[Row], metrics: list[str], reference: Row, data: Dataset) -> list[Standing]:
    """Every run's cells, as `scenarios.standings` has them; a run never changes, so they are worked out once."""
    runs = tuple(row.run.id for row in rows)
    return _standings(runs, tuple(metrics), reference.run.id, data.fingerprint, rows)


@st.cache_resource(max_entries=4, show_spinner=False)
def _rehearsal(run_id: str, fingerprint: str) -> Serving | None:
    run = open_run(run_id)
    return open_rehearsal(run, dataset(run.config.dataset, fingerprint))


def rehearsal(run: Run, data: Dataset) -> Serving | None:
    """A run as it was before its validation rows were known; None until it was made. Nobody changes it."""
    return _rehearsal(run.id, data.fingerprint) if (run.folder / CANDIDATES).exists() else None


def frontier(run: Run, serving: Serving, k: int, distance: str) -> Frontier | None:
    """The run's frontier where it was drawn: read from its folder, which takes milliseconds."""
    return kept_frontier(run, serving, k=k, distance=distance)


@st.cache_resource(max_entries=32, show_spinner=_("Judging it on people kept out of training…"))
def newcomer_curve(run_id: str, fingerprint: str, first: bool) -> pd.DataFrame:
    """Quality of a run on the people that its split holds out, by what is known of them; nobody changes it."""
    opened = serving(run_id, fingerprint)
    return curve(opened.scorer, opened.split, first=first, k=open_run(run_id).config.k)


@st.cache_resource(max_entries=4, show_spinner=False)
def item_labels(name: str, fingerprint: str, most: int) -> dict[str, str]:
    """Item id -> title for a search box, the most chosen first; repeated titles carry their id."""
    data = dataset(name, fingerprint)
    counts = data.interactions[ITEM_ROW].value_counts()
    order = [*counts.index, *data.items.index.difference(counts.index)][:most]
    repeated = data.items[TITLE].duplicated(keep=False).iloc[order]
    rows = data.items[[ITEM, TITLE]].iloc[order].to_dict("records")
    return {
        row[ITEM]: f"{row[TITLE]} · {row[ITEM]}" if twice else row[TITLE]
        for row, twice in zip(rows, repeated, strict=True)
    }


@st.cache_resource(max_entries=2, show_spinner=False)
def event_index(name: str, fingerprint: str) -> EventIndex:
    """A data set's interactions in order of time; nobody changes it."""
    return EventIndex.of(dataset(name, fingerprint))


@st.cache_resource(max_entries=4, show_spinner=False)
def attribute_shares(name: str, fingerprint: str) -> pd.DataFrame:
    """Everybody's shares of the items' attributes."""
    return core_attribute_shares(event_index(name, fingerprint))


@st.cache_resource(max_entries=4, show_spinner=False)
def groupings(name: str, fingerprint: str) -> list[Key]:
    """What rows can be grouped by."""
    return keys_of(dataset(name, fingerprint))


@st.cache_resource(max_entries=64, show_spinner=False)
def _view(name: str, fingerprint: str, selection: Selection, by: Key | None, language: str) -> Profile:
    return core_view(event_index(name, fingerprint), selection, by)


def view(name: str, fingerprint: str, selection: Selection, by: Key | None) -> Profile:
    """What the selected rows look like."""
    return _view(name, fingerprint, selection, by, LANGUAGE.get())


@st.cache_resource(max_entries=4, show_spinner=False)
def _findings(name: str, fingerprint: str, language: str) -> list[Finding]:
    return core_findings(event_index(name, fingerprint))


def findings(name: str, fingerprint: str) -> list[Finding]:
    """Warnings about a data set."""
    return _findings(name, fingerprint, LANGUAGE.get())


@st.cache_data(max_entries=64, show_spinner=False)
def neighbours(
    name: str, fingerprint: str, item: int, least_both: int
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """The items nearest to one: by users, by attributes; None where the data have none of these."""
    index = event_index(name, fingerprint)
    chosen = by_users(index, item, least_both=least_both) if index.has("users") else None
    return chosen, by_attributes(index, item) if attribute_keys(index) else None


@st.cache_data(max_entries=32, show_spinner=False)
def found_table(
    name: str, fingerprint: str, side: Side, search: str, selection: Selection
) -> tuple[pd.DataFrame, int]:
    """The first items (or users) of the selected rows that fit a search, and how many fit."""
    index = event_index(name, fingerprint)
    table = (core_item_table if side == "items" else core_user_table)(
        index.data, search, rows_of(index, selection)
    )
    return table.head(MOST_ROWS), len(table)
