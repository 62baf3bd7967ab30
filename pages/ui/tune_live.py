"""Tune's heading of one study: state, progress, time left, Stop, Go on and Delete; the same height at every look."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from recsys_core.errors import DataError
from recsys_core.evaluation.meanings import duration
from recsys_core.i18n import N_, _
from recsys_core.runs import ACTIVE, CANCELLED, FAILED, INTERRUPTED, QUEUED
from recsys_core.scenarios.searching import counted, ended
from recsys_core.training.studies import delete_study, resume_study
from recsys_core.training.study import Study
from recsys_core.training.study_config import budget

ENDINGS = {
    CANCELLED: N_("Stopped by you."),
    INTERRUPTED: N_("Its process ended before it was done. It can go on from where it stood."),
}


def heading(study: Study, trials: pd.DataFrame) -> None:
    """How far it is, and what can be done about it."""
    status = study.status
    line = st.columns([5, 1, 1], vertical_alignment="center")
    if status["state"] in ACTIVE:
        _under_way(line, study, status["state"], trials)
    else:
        _over(line, study, status, trials)


def _under_way(line: list[Any], study: Study, standing: str, trials: pd.DataFrame) -> None:
    n, _minutes = budget(study.config)
    done = int(ended(trials)["counts"].sum())
    if standing == QUEUED:
        text = _("Waiting for its turn")
    elif trials.empty:
        text = _("Starting; the default settings are measured first")
    else:
        text = _("{done} of {n} trials").format(done=done, n=n)
        left = study.seconds_left(trials)
        if left is not None:
            text += " · " + _("at most {left} left").format(left=duration(left))
    line[0].progress(min(done / max(n, 1), 1.0), text=text)
    asked = study.cancel_asked
    line[1].button(
        _("Stopping…") if asked else _("Stop"),
        key="tune_stop",
        disabled=asked,
        icon=":material/stop:",
        on_click=_stop,
        args=(study,),
    )


def _stop(study: Study) -> None:
    """Asks it to stop, before anything is drawn; where it has ended meanwhile there is nothing to stop."""
    with suppress(DataError):
        study.cancel(actor=state.ACTOR)


def _over(line: list[Any], study: Study, status: dict[str, Any], trials: pd.DataFrame) -> None:
    n, seconds = study.budget_left(trials)
    text = counted(trials) + "."
    if status["state"] == FAILED:
        why = parts.plain(status.get("error", ""), parts.LONGEST_SENTENCE)
        line[0].error(_("It failed: {why}").format(why=why), icon=":material/error:")
    elif status["state"] in ENDINGS:
        line[0].warning(f"{_(ENDINGS[status['state']])} {text}", icon=":material/pause_circle:")
    else:
        line[0].success(_("Done.") + f" {text}", icon=":material/check_circle:")
    if n and seconds != 0.0 and line[1].button(_("Go on"), key="tune_resume", icon=":material/resume:"):
        with parts.boundary():
            resume_study(study, actor=state.ACTOR)
        st.rerun()
    with line[2].popover(_("Delete"), icon=":material/delete:", key="tune_delete"):
        st.markdown(_("Delete this search with all its trials? Runs that were made of it stay."))
        if st.button(_("Delete it"), key="tune_delete_sure", type="primary"):
            with parts.boundary():
                delete_study(study.id, actor=state.ACTOR)
            st.query_params.pop("study", None)
            st.session_state.pop("tune_study", None)
            st.rerun()
