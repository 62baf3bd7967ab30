"""Which study Tune shows: the address says it, checked; and the table of all studies on the chosen data."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui import parts
from pages.ui.links import fallen_back
from recsys_core.data.dataset import Dataset
from recsys_core.errors import RecsysError
from recsys_core.evaluation.meanings import number, title
from recsys_core.i18n import N_, _
from recsys_core.models import registry
from recsys_core.runs import ACTIVE, CANCELLED, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING
from recsys_core.scenarios.searching import METHODS
from recsys_core.scenarios.searching_compared import study_label
from recsys_core.training.studies import list_studies, open_study
from recsys_core.training.study import Study

STUDY, _PICK = "study", "tune_pick"
_KEPT = "tune_study"
STANDINGS = {
    QUEUED: N_("waiting"),
    RUNNING: N_("running"),
    DONE: N_("done"),
    FAILED: N_("failed"),
    CANCELLED: N_("stopped by you"),
    INTERRUPTED: N_("interrupted"),
}


def choose(data: Dataset, clicked: Study | None) -> tuple[list[Study], Study | None]:
    """The studies on these data, newest first, and the one that is shown: the address's, else one at work, else the newest."""
    studies = [one for one in list_studies() if one.config.fingerprint == data.fingerprint]
    known = {one.id: one for one in studies}
    wanted = clicked.id if clicked else st.query_params.get(STUDY, st.session_state.get(_KEPT, ""))
    if wanted and wanted not in known:
        _not_here(wanted)
        wanted = ""
        st.session_state.pop(_KEPT, None)
        st.query_params.pop(STUDY, None)
    if wanted:
        st.session_state[_KEPT] = wanted
        if st.query_params.get(STUDY) != wanted:
            st.query_params[STUDY] = wanted
    shown = known.get(wanted) or next((one for one in studies if one.state in ACTIVE), None)
    shown = shown or next(iter(studies), None)
    if len(studies) > 1 and shown is not None:
        st.session_state[_PICK] = shown.id
        st.selectbox(
            _("Search"),
            list(known),
            key=_PICK,
            format_func=lambda one: describe(known[one]) if one in known else one,
            on_change=_picked,
        )
    return studies, shown


def _picked() -> None:
    st.session_state[_KEPT] = st.session_state[_PICK]
    st.query_params[STUDY] = st.session_state[_PICK]


def _not_here(wanted: str) -> None:
    """Says why the study that is asked for is not shown."""
    try:
        other = open_study(wanted)
    except RecsysError:
        fallen_back(STUDY, wanted)
        return
    parts.error(
        _(
            "Search {study} was made on data set {name} as it was then; choose that data set in the sidebar. Where it is gone, "
            "the command 'delete' removes the search."
        ).format(study=other.id[:4], name=other.config.dataset)
    )


def named(study: Study) -> str:
    """A study, what it searches and by which figure, in one line."""
    config = study.config
    return f"{study_label(study)} · {_(registry.spec(config.model).title)} · {title(config.metric)}"


def describe(study: Study) -> str:
    """The same with how it stands."""
    return f"{named(study)} · {_(STANDINGS[study.state])}"


def listed(studies: Sequence[Study]) -> None:
    """Every study on these data."""
    if len(studies) < 2:
        return
    st.header(_("Searches on this data"), anchor=False)
    rows = [(one, one.config, one.trials()) for one in studies]
    bests = [one.best(trials) for one, _config, trials in rows]
    table = pd.DataFrame(
        {
            _("Search"): [study_label(one) for one, _config, _trials in rows],
            _("State"): [_(STANDINGS[one.state]) for one, _config, _trials in rows],
            _("Model"): [_(registry.spec(config.model).title) for _one, config, _trials in rows],
            _("Method"): [_(METHODS[config.method][0]) for _one, config, _trials in rows],
            _("Split"): [config.split for _one, config, _trials in rows],
            _("Metric"): [title(config.metric) for _one, config, _trials in rows],
            _("Best"): [number(None if best is None else float(best["value"])) for best in bests],
            _("Trials"): [len(trials) for _one, _config, trials in rows],
            _("Begun"): pd.to_datetime([config.created for _one, config, _trials in rows]),
        }
    )
    begun = _("Begun")
    st.dataframe(
        table,
        hide_index=True,
        key="tune_studies",
        column_config={begun: st.column_config.DatetimeColumn(begun, format="localized")},
        alt=_("Every search on these data"),
    )
