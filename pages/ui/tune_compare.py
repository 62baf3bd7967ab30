"""Tune's contest: grid, random and Bayesian search of one question side by side, at the same budget."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from recsys_core.charts import tune_compared as charts
from recsys_core.charts.theme import title_of
from recsys_core.data.dataset import Dataset
from recsys_core.errors import RecsysError
from recsys_core.evaluation.meanings import number, title
from recsys_core.i18n import _
from recsys_core.runs import ACTIVE
from recsys_core.scenarios.searching import METHODS
from recsys_core.scenarios.searching_compared import LEAST, MOST, comparable, contest, study_label
from recsys_core.training.studies import submit_study
from recsys_core.training.study import Study
from recsys_core.training.study_config import configure_study


def show(study: Study, studies: Sequence[Study], data: Dataset) -> None:
    """Pick finished searches of the same question, or have the missing ones made."""
    st.header(_("Methods side by side"), anchor=False)
    rivals = comparable(study, studies)
    over = {one.id: one for one in rivals if one.state not in ACTIVE}
    have = {one.config.method for one in rivals if one.config.n_trials == study.config.n_trials}
    missing = [method for method in METHODS if method not in have]
    line = st.columns([3, 1.4], vertical_alignment="bottom")
    key = f"tune_rivals_{study.id}" if study.id in over else f"tune_rivals_before_{study.id}"
    default = _one_a_method(study, list(over.values()))
    chosen = line[0].multiselect(
        _("Searches of the same data, model, metric and split"),
        list(over),
        default=default,
        key=key,
        persist_state="session",
        format_func=lambda one: study_label(over[one]) if one in over else one,
        max_selections=MOST,
        placeholder=_("none is finished yet"),
    )
    if missing and line[1].button(
        _("Search by the others too"),
        key="tune_others",
        icon=":material/compare_arrows:",
        help=_("Queues {methods} with the same budget, ranges and seed.").format(
            methods=", ".join(_(METHODS[one][0]) for one in missing)
        ),
    ):
        _queue(study, data, missing)
    picked = [over[one] for one in chosen if one in over]
    if len(picked) < LEAST:
        under_way = sum(one.state in ACTIVE for one in rivals)
        told = _("Two finished searches are needed to compare.")
        if under_way:
            told += " " + _("Under way: {n}.").format(n=under_way)
        st.caption(told)
        return
    _contest(picked)


def _one_a_method(study: Study, over: list[Study]) -> list[str]:
    """The newest finished search by each method, the one that is shown for its own."""
    newest: dict[str, str] = {}
    for one in sorted(over, key=lambda one: one.id != study.id):
        newest.setdefault(one.config.method, one.id)
    return list(newest.values())


def _queue(study: Study, data: Dataset, methods: Sequence[str]) -> None:
    """The same question by other methods; one that cannot be made is said, the others are queued all the same."""
    config = study.config
    for method in methods:
        try:
            submit_study(
                configure_study(
                    data,
                    config.model,
                    method=method,
                    n_trials=config.n_trials,
                    minutes=config.minutes,
                    metric=config.metric,
                    split=config.split_spec,
                    fixed=config.fixed,
                    ranges=config.ranges,
                    seed=config.seed,
                    k=config.k,
                    workers=config.workers,
                    actor=state.ACTOR,
                )
            )
        except RecsysError as problem:
            parts.error(problem)
            return
    st.rerun()


def _contest(picked: Sequence[Study]) -> None:
    found = contest(picked)
    st.subheader(parts.plain(found.sentence, parts.LONGEST_SENTENCE), anchor=False)
    colours = charts.colours_of({one.id: one.config.method for one in picked}, dark=state.dark())
    left, right = st.columns(2)
    for place, chart, key in (
        (left, charts.steps(found.steps, found.metric, colours, found.n, dark=state.dark()), "tune_steps"),
        (right, charts.finals(found.finals, found.metric, colours, dark=state.dark()), "tune_finals"),
    ):
        place.altair_chart(parts.drawn(chart), key=key, alt=title_of(chart))
    with st.expander(_("The figures, and how even the comparison is")):
        st.dataframe(
            _figures(found.finals, found.metric),
            hide_index=True,
            key="tune_contest",
            alt=_("The best settings of each search on validation and test rows, with intervals"),
        )
        st.markdown("\n".join(f"- {parts.plain(note, parts.LONGEST_SENTENCE)}" for note in found.notes))


def _figures(finals: pd.DataFrame, metric: str) -> pd.DataFrame:
    def interval(low: float, high: float) -> str:
        return "–" if pd.isna(low) else _("{low} to {high}").format(low=number(low), high=number(high))

    rows = finals.to_dict("records")
    return pd.DataFrame(
        {
            _("Search"): [row["label"] for row in rows],
            _("Best trial"): [str(row["number"]) if row["number"] >= 0 else "–" for row in rows],
            _("{metric} on validation").format(metric=title(metric)): [number(row["value"]) for row in rows],
            _("95 % on validation"): [interval(row["low"], row["high"]) for row in rows],
            _("{metric} on test").format(metric=title(metric)): [number(row["test"]) for row in rows],
            _("95 % on test"): [interval(row["test_low"], row["test_high"]) for row in rows],
        }
    )
