"""How a job is shown: state, progress and Stop while it is at work; figure and curves."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from recsys_core.charts import training as charts
from recsys_core.errors import RecsysError
from recsys_core.evaluation.meanings import duration, number, title, with_interval
from recsys_core.i18n import N_, _
from recsys_core.models import registry
from recsys_core.runs import ACTIVE, CANCELLED, DONE, FAILED, QUEUED, Run, open_run
from recsys_core.training.curves import curve_points, metric_points
from recsys_core.training.jobs import resume

PHASES = {
    "prepare": N_("Reading the data"),
    "fit": N_("Starting to learn"),
    "evaluate": N_("Ranking the whole catalogue for every user"),
}


def heading(run: Run, status: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """State, progress, time left and speed, and the Stop button; the same height at every look."""
    epochs = [event for event in events if event["type"] == "epoch"]
    last = epochs[-1] if epochs else {}
    line = st.columns([5, 1], vertical_alignment="center")
    if status["state"] in ACTIVE:
        phase = next((event["phase"] for event in reversed(events) if event["type"] == "phase"), None)
        text = (
            _("Waiting for its turn")
            if status["state"] == QUEUED
            else _(PHASES.get(phase or "", N_("Starting")))
        )
        share = 0.0
        if phase == "fit" and last:
            what = _("Final fit on all training rows") if last["phase"] == "refit" else _("Learning")
            text = _(
                "{what}: epoch {n} of at most {of} · at most {left} left · {speed} samples a second"
            ).format(
                what=what,
                n=last["epoch"],
                of=last["of"],
                left=duration(last["seconds_left"]),
                speed=number(last["samples_per_second"]),
            )
            share = last["epoch"] / last["of"]
        elif phase == "fit" and (rehearsed := [event for event in events if event["type"] == "rehearsal"]):
            at = rehearsed[-1]
            text = _(
                "Learning how far to trust it, on people held out once more: epoch {n} of at most {of} · then all again for good"
            ).format(n=at["epoch"], of=at["of"])
            share = at["epoch"] / at["of"]
        line[0].progress(1.0 if phase == "evaluate" else share, text=text)
        asked = run.cancel_asked
        if line[1].button(
            _("Stopping…") if asked else _("Stop"), key="train_stop", disabled=asked, icon=":material/stop:"
        ):
            with parts.boundary():
                run.cancel(actor=state.ACTOR)
    else:
        result(line[0], run, status, last)


def result(place: Any, run: Run, status: dict[str, Any], last: dict[str, Any]) -> None:
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
        if last:
            sentence += " · " + _("best epoch {n}").format(n=status["epochs"])
        place.success(sentence, icon=":material/check_circle:")
    elif status["state"] == CANCELLED:
        place.info(
            _("Stopped before the first epoch was complete; nothing was kept."), icon=":material/stop_circle:"
        )
    else:
        place.warning(
            _("Its process ended before it was done. It can go on from where it was last kept."),
            icon=":material/warning:",
        )
        if place.button(_("Go on"), key="train_resume", icon=":material/resume:"):
            with parts.boundary():
                resume(run, actor=state.ACTOR)
            st.rerun()


def weights(events: list[dict[str, Any]]) -> None:
    """How far a blend trusts each of its members; nothing for any other run."""
    found = next((event["weights"] for event in reversed(events) if event["type"] == "weights"), None)
    if not found:
        return
    total = sum(abs(weight) for weight in found.values()) or 1.0
    table = pd.DataFrame(
        {
            "member": [state.run_label(run) if (run := _run_or_none(name)) else name for name in found],
            "trust": [weight / total for weight in found.values()],
        }
    ).sort_values("trust", ascending=False)
    st.dataframe(
        table,
        hide_index=True,
        key="train_weights",
        column_config={
            "member": st.column_config.TextColumn(_("Member")),
            "trust": st.column_config.ProgressColumn(
                _("Share of the weight"),
                format="percent",
                min_value=0.0,
                max_value=1.0,
                help=_("Learned on validation rows that none of the members has learned from."),
            ),
        },
    )


def trust(events: list[dict[str, Any]]) -> None:
    """How far a model for newcomers trusts itself, by what is known of them; nothing for any other run."""
    found = next((event for event in reversed(events) if event["type"] == "trust"), None)
    if not found:
        return
    table = pd.DataFrame({name: found[name] for name in ("known", "weights", "gains", "errors")})
    st.dataframe(
        table,
        hide_index=True,
        key="train_trust",
        column_config={
            "known": st.column_config.NumberColumn(_("Known choices")),
            "weights": st.column_config.ProgressColumn(
                _("The model's share"),
                format="percent",
                min_value=0.0,
                max_value=1.0,
                help=_(
                    "The rest is popularity's. Learned from {n} people that were held out once more."
                ).format(n=found["n_users"]),
            ),
            "gains": st.column_config.NumberColumn(
                _("Gain over popularity"),
                format="%+.3f",
                help=_("NDCG@10 of the mixture minus popularity's."),
            ),
            "errors": st.column_config.NumberColumn(
                _("Its standard error"),
                format="%.3f",
                help=_("Over those people; the share with the largest gain less one of these is chosen."),
            ),
        },
    )


def _run_or_none(name: str) -> Run | None:
    try:
        return open_run(name)
    except RecsysError:
        return None


def curves(run: Run, events: list[dict[str, Any]], colour: str) -> None:
    """Loss on training and validation rows, and the watched metric beside it."""
    curve = run.curve(events) if any(event["type"] == "epoch" for event in events) else None
    left, right = st.columns(2)
    if curve is None:
        if registry.spec(run.config.model).network:
            left.caption(_("The first point appears after the first epoch."))
        return
    with left:
        st.vega_lite_chart(
            charts.checked(curve_points(curve)),
            charts.loss_spec(colour, dark=state.dark()),
            key="train_loss",
        )
        st.caption(
            _(
                "Training loss is measured with dropout on, the harder way: it may lie above the loss on validation rows."
            )
        )
    points, name = metric_points(curve)
    if name:
        with right:
            st.vega_lite_chart(
                charts.checked(points), charts.metric_spec(colour, title(name)), key="train_metric"
            )
            st.caption(
                _(
                    "Validation rows hold fewer right answers than test rows, so this figure lies below the one on test rows. "
                    "It is there to compare epochs."
                )
                if name.startswith("ndcg")
                else _("Measured on rows that only watch; it is there to compare epochs.")
            )
