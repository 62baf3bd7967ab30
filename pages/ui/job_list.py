"""The jobs of the workspace: what is at work, what waits, what has ended, whoever asked for it."""

from __future__ import annotations

import streamlit as st

from pages.ui import job as job_view
from pages.ui import parts, shell, state
from recsys_core.evaluation.meanings import duration, number, title
from recsys_core.i18n import N_, _
from recsys_core.models import registry
from recsys_core.runs import ACTIVE, CANCELLED, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING
from recsys_core.training.job_list import Listed, Searching, job_list

LONGEST = 240
STATES = {
    QUEUED: (N_("waiting"), ":gray-badge[:material/schedule: "),
    RUNNING: (N_("at work"), ":blue-badge[:material/bolt: "),
    DONE: (N_("done"), ":green-badge[:material/check: "),
    FAILED: (N_("failed"), ":red-badge[:material/error: "),
    CANCELLED: (N_("stopped"), ":gray-badge[:material/stop: "),
    INTERRUPTED: (N_("interrupted"), ":orange-badge[:material/warning: "),
}
NEXT_JOB = "train_next_job"
"""The job, and its data set, that the page shows from its next run on."""


def table(shown: str) -> None:
    """One row a job; `shown` is the id of the one that the page shows."""
    found = job_list()
    if not found:
        st.caption(_("Nobody has asked for a training yet."))
    for listed in found:
        if isinstance(listed, Searching):
            _search(listed)
        else:
            _row(listed, shown)


def _search(found: Searching) -> None:
    """A search is one job: what waits behind it should see it."""
    config = found.config
    with st.container(border=True, gap="xsmall", key=f"train_search_{found.study.id}"):
        left, middle, right = st.columns([3, 3.4, 2.6], vertical_alignment="center")
        word, badge = STATES[found.state]
        what = _("Search · {model}").format(model=_(registry.spec(config.model).title))
        left.markdown(f"**{parts.plain(what)}** {badge}{_(word)}]")
        left.caption(parts.plain(_("{data} · asked by {who}").format(data=config.dataset, who=config.actor)))
        if found.state == RUNNING:
            said = _("{done} of {n} trials").format(done=found.done, n=found.of)
            middle.progress(found.share, text=said)
        else:
            middle.markdown(_place(found.place))
        with right.container(horizontal=True, horizontal_alignment="right"):
            job_view.stop(found.study, st, key=f"train_stop_{found.study.id}")
            if st.button(_("Look"), key=f"train_look_{found.study.id}", icon=":material/visibility:"):
                state.choose_data(config.dataset)
                st.switch_page(shell.file_of("tune"), query_params={"study": found.study.id})


def _place(place: int) -> str:
    return _("Place {n} in the queue").format(n=place) if place else _("About to begin")


def _row(listed: Listed, shown: str) -> None:
    run, config = listed.run, listed.config
    with st.container(border=True, gap="xsmall", key=f"train_job_{run.id}"):
        left, middle, right = st.columns([3, 3.4, 2.6], vertical_alignment="center")
        word, badge = STATES[listed.state]
        left.markdown(f"**{parts.plain(state.run_label(run))}** {badge}{_(word)}]")
        who = _("{data} · asked by {who}").format(data=config.dataset, who=config.actor)
        left.caption(parts.plain(who))
        if listed.state == RUNNING:
            middle.progress(listed.progress.share, text=_short(listed))
        else:
            middle.markdown(parts.plain(_outcome(listed), LONGEST))
        with right.container(horizontal=True, horizontal_alignment="right"):
            if run.id == shown:
                st.caption(_("shown above"))
            else:
                _buttons(listed)


def _buttons(listed: Listed) -> None:
    run = listed.run
    if listed.state in ACTIVE:
        job_view.stop(run, st, key=f"train_stop_{run.id}")
    elif run.can_go_on and not run.waiting:
        job_view.go_on(run, st, key=f"train_go_on_{run.id}")
    if st.button(_("Look"), key=f"train_look_{run.id}", icon=":material/visibility:"):
        st.session_state[NEXT_JOB] = run.id
        state.choose_data(listed.config.dataset)
        st.rerun()


def _short(listed: Listed) -> str:
    """How far a job at work is, in one line."""
    found = listed.progress
    if not found.part or found.phase != "fit":
        return job_view.words(listed.status, found, 0)
    left = "" if found.left is None else " · " + _("at most {left} left").format(left=duration(found.left))
    return _("Epoch {n} of {of}").format(n=found.epoch, of=found.of) + left


def _outcome(listed: Listed) -> str:
    """What came of a job, or what it waits for, in one sentence."""
    run, status = listed.run, listed.status
    if listed.state == QUEUED:
        return _place(listed.place)
    if listed.state == FAILED:
        return str(status.get("error", _("It left no reason.")))
    if run.waiting:
        return _("It waits for its data.")
    if listed.state == INTERRUPTED or not run.has_model:
        return job_view.ended_early(run)
    metrics = run.measured()["metrics"]
    names = [name for name in (f"ndcg@{listed.config.k}", "rmse") if name in metrics]
    figures = " · ".join(f"{title(name)} {number(metrics[name])}" for name in names)
    took = duration(sum(status.get("seconds", {}).values()))
    return _("{figures} · took {seconds}").format(figures=figures, seconds=took)
