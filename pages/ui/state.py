"""Data set, run and user: the shared choices, kept in the URL so that any view is a link."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached
from pages.ui.links import fallen_back
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import DatasetSummary, list_datasets
from recsys_core.errors import RecsysError
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import Run, list_runs
from recsys_core.scenarios.leaderboard import finished_runs

DATA, RUN = "data", "run"
ACTOR = "browser"
_PICKED, _NEXT_DATA, _NEXT_RUN = "state_run_picked", "state_next_data", "state_next_run"


def sidebar() -> None:
    """The two shared choices. A data set or run that is gone falls back to the first one."""
    summaries = list_datasets()
    if not summaries:
        return
    names = [summary.name for summary in summaries]
    before = st.session_state.get(DATA, st.query_params.get(DATA))
    if before is not None and before not in names and _NEXT_DATA not in st.session_state:
        fallen_back(DATA, before)
        if DATA in st.session_state:  # it was deleted under our hands
            st.session_state[DATA] = names[0]
    wish = st.session_state.pop(_NEXT_DATA, None)
    if wish in names:
        st.session_state[DATA] = wish
        st.session_state.pop(_PICKED, None)
    st.selectbox(
        _("Data set"),
        names,
        key=DATA,
        bind="query-params",
        on_change=_other_data,
        help=_("Every page shows this data set."),
    )
    data = dataset()
    runs = finished_runs(data) if data is not None else []
    if not runs:
        return
    labels = {run.id: run_label(run) for run in runs}
    chosen = st.session_state.pop(_NEXT_RUN, None)
    if chosen in labels:
        st.session_state[RUN] = chosen
        st.session_state[_PICKED] = True
    asked = st.query_params.get(RUN)
    if RUN not in st.session_state and asked is not None and asked not in labels.values():
        fallen_back(RUN, asked)
    gone = RUN in st.session_state and st.session_state[RUN] not in labels
    if gone or (not st.session_state.get(_PICKED) and RUN not in st.query_params):
        # Nobody chose: the default follows what is finished, it does not stay with what was finished first.
        st.session_state[RUN] = runs[0].id
    st.selectbox(
        _("Run"),
        list(labels),
        key=RUN,
        format_func=lambda run_id: labels.get(run_id, run_id),
        bind="query-params",
        on_change=_picked,
        help=_("The trained model that makes the lists."),
    )


def _other_data() -> None:
    """Another data set has other runs: its default is shown until somebody chooses."""
    st.session_state.pop(_PICKED, None)


def _picked() -> None:
    """Somebody chose a run: it stays chosen."""
    st.session_state[_PICKED] = True


def run_label(run: Run) -> str:
    """A run as a person reads it, short and unique."""
    config = run.config
    return f"{config.name or _(registry.spec(config.model).title)} · {run.id[:4]}"


def summary() -> DatasetSummary | None:
    """The chosen data set's summary; None in an empty workspace."""
    summaries = {one.name: one for one in list_datasets()}
    return summaries.get(st.session_state.get(DATA, ""), next(iter(summaries.values()), None))


def dataset() -> Dataset | None:
    """The chosen data set; None in an empty workspace or when it cannot be read (said on the page)."""
    chosen = summary()
    if chosen is None:
        return None
    try:
        return cached.dataset(chosen.name, chosen.fingerprint)
    except RecsysError as problem:
        st.error(str(problem), icon=":material/error:")
        return None


def run() -> Run | None:
    """The chosen finished run; None when there is none."""
    data = dataset()
    runs = {one.id: one for one in finished_runs(data)} if data is not None else {}
    return runs.get(st.session_state.get(RUN, ""), next(iter(runs.values()), None))


def keep() -> None:
    """Keeps the shared choices through a run of the script that shows no sidebar."""
    for key in (DATA, RUN):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def choose_data(name: str) -> None:
    """The sidebar shows this data set from the next rerun on."""
    st.session_state[_NEXT_DATA] = name


def choose_run(run_id: str) -> None:
    """The sidebar shows this run from the next rerun on."""
    st.session_state[_NEXT_RUN] = run_id


def colours(data: Dataset) -> dict[str, str]:
    """A colour for every run on this data, by id, the same on every page."""
    from recsys_core.charts.theme import run_colours

    runs = [one for one in reversed(list_runs()) if one.config.fingerprint == data.fingerprint]
    keyed = [(one.id, one.config.model, registry.spec(one.config.model).floor) for one in runs]
    return run_colours(keyed, dark())


def dark() -> bool:
    """Whether the browser shows the dark theme."""
    return st.context.theme.type == "dark"
