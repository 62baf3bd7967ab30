"""How a job is shown: state, progress and Stop while it is at work; its figure when it is done."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import parts, state
from recsys_core.evaluation.meanings import duration, number, title, with_interval
from recsys_core.i18n import N_, _
from recsys_core.job_folder import JobFolder
from recsys_core.runs import ACTIVE, CANCELLED, DONE, FAILED, QUEUED, Run
from recsys_core.training.job_list import Progress, progress_of
from recsys_core.training.jobs import resume

PHASES = {
    "prepare": N_("Reading the data"),
    "fit": N_("Starting to learn"),
    "evaluate": N_("Ranking the whole catalogue for every user"),
}


def heading(run: Run, status: dict[str, Any], events: list[dict[str, Any]], place: int) -> None:
    """State, progress, time left and speed, and the Stop button; the same height at every look.

    `place` is its place in the queue, 0 when it is not waiting.
    """
    line = st.columns([5, 1], vertical_alignment="center")
    if status["state"] not in ACTIVE:
        result(line[0], run, status, any(event["type"] == "epoch" for event in events))
        return
    found = progress_of(events)
    line[0].progress(found.share, text=words(status, found, place))
    stop(run, line[1], key="train_stop")


def stop(job: JobFolder, where: Any, *, key: str) -> None:
    """The button that asks a job, a run or a search, to stop."""
    asked = job.cancel_asked
    label = _("Stopping…") if asked else _("Stop")
    if where.button(label, key=key, disabled=asked, icon=":material/stop:"):
        with parts.boundary():
            job.cancel(actor=state.ACTOR)


def go_on(run: Run, where: Any, *, key: str) -> None:
    """The button that takes up an interrupted job."""
    if where.button(_("Go on"), key=key, icon=":material/resume:"):
        with parts.boundary():
            resume(run, actor=state.ACTOR)
        st.rerun()


def words(status: dict[str, Any], found: Progress, place: int) -> str:
    """How far a job at work is."""
    if status["state"] == QUEUED:
        waiting = _("Waiting for its turn")
        return waiting if not place else waiting + " · " + _("place {n} in the queue").format(n=place)
    if found.phase != "fit" or not found.part:
        return _(PHASES.get(found.phase, N_("Starting")))
    if found.part == "rehearsal":
        return _(
            "Learning how far to trust it, on people held out once more: epoch {n} of at most {of} · then all again for good"
        ).format(n=found.epoch, of=found.of)
    return _("{what}: epoch {n} of at most {of} · at most {left} left · {speed} samples a second").format(
        what=_("Final fit on all training rows") if found.part == "refit" else _("Learning"),
        n=found.epoch,
        of=found.of,
        left=duration(found.left or 0.0),
        speed=number(found.speed),
    )


def result(place: Any, run: Run, status: dict[str, Any], by_epochs: bool) -> None:
    """What came out of it, in one sentence."""
    if status["state"] == FAILED:
        place.error(
            _("It failed: {why}").format(why=parts.plain(status["error"], parts.LONGEST_SENTENCE)),
            icon=":material/error:",
        )
    elif run.has_model:
        measured = run.measured()
        metric = f"ndcg@{run.config.k}"
        sentence = _("{state}: {metric} {value} on test rows").format(
            state=_("Done") if status["state"] == DONE else _("Stopped, best epoch kept"),
            metric=title(metric),
            value=with_interval(measured["metrics"][metric], measured["ci"][metric]),
        )
        if "rmse" in measured["metrics"]:
            sentence += (
                f", {title('rmse')} {with_interval(measured['metrics']['rmse'], measured['ci']['rmse'])}"
            )
        sentence += f" · {duration(sum(status['seconds'].values()))}"
        if by_epochs:
            sentence += " · " + _("epoch {n} kept").format(n=status["epochs"])
        place.success(sentence, icon=":material/check_circle:")
    elif run.waiting:
        place.info(
            _("Its model is not built yet: it came without its data. See below."), icon=":material/hourglass:"
        )
    elif status["state"] == CANCELLED:
        place.info(ended_early(run), icon=":material/stop_circle:")
    else:
        place.warning(ended_early(run), icon=":material/warning:")
    if run.can_go_on and not run.waiting:
        go_on(run, place, key="train_resume")


def ended_early(run: Run) -> str:
    """Why there is nothing of a run that was stopped or interrupted, and what going on would do."""
    if run.state == CANCELLED:
        return (
            _("Stopped while it was judged; what it learned is kept. Going on judges it.")
            if run.can_go_on
            else _("Stopped before the first epoch was complete; nothing was kept.")
        )
    if run.goes_on_from_kept:
        return _("Its process ended before it was done. It can go on from where it was last kept.")
    return _("Its process ended before it was done. Nothing was kept on the way, so it would start anew.")
