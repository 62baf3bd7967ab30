"""Tune's figures of one study: best so far, importance, parallel axes, the table of trials, the chosen trial's curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import memo, parts, shell, state
from pages.ui.links import linked
from recsys_core.charts import tune as charts
from recsys_core.charts.theme import title_of
from recsys_core.data.dataset import Words
from recsys_core.errors import RecsysError
from recsys_core.evaluation.meanings import better, meaning, title
from recsys_core.i18n import LANGUAGE, N_, _
from recsys_core.scenarios import searching
from recsys_core.scenarios.searching_axes import parallel
from recsys_core.scenarios.searching_importance import Importance, counts, importance
from recsys_core.scenarios.searching_sure import Sure, sure
from recsys_core.training.search_final import make_run, run_of
from recsys_core.training.study import FINISHED, RUNNING, Study

BY = {charts.BY_TRIAL: N_("By trial"), charts.BY_MINUTES: N_("By time")}
TABLE_HEIGHT = 318


def answer(study: Study, trials: pd.DataFrame, words: Words, *, going_on: bool) -> None:
    """How good the best settings are, which they are, and how sure that is."""
    config = study.config
    parts.answer(searching.answer(trials, config.metric, going_on=going_on))
    best = searching.best_trial(trials, config.metric)
    if best is None:
        return
    st.markdown(
        parts.chips(searching.setting_words(config.model, searching.settings_of(best))),
        help=meaning(config.metric, words),
    )
    told = [searching.against_default(best, study.reference(), config.metric)]
    known = how_sure(study, trials)
    if known is not None:
        told += [known.sentence(words.users), known.warning]
    told.append(searching.steadiness(trials, config.metric))
    st.markdown(parts.plain(" ".join(filter(None, told)), parts.LONGEST_SENTENCE))


def how_sure(study: Study, trials: pd.DataFrame) -> Sure | None:
    """What the users' values tell of the best; worked out once for each number of finished trials."""
    key = (study.id, len(searching.measured(trials)))
    return memo.remembered("tune_sure", key, lambda: sure(study, trials), most=16)


def how_important(study: Study, trials: pd.DataFrame) -> Importance:
    """Which settings matter; worked out once for each number of trials that tell."""
    config = study.config
    key = (study.id, counts(trials), LANGUAGE.get())
    return memo.remembered(
        "tune_importance",
        key,
        lambda: importance(trials, config.ranges, model=config.model, sign=better(config.metric) or 1),
        most=16,
    )


def figures(study: Study, trials: pd.DataFrame, *, going_on: bool) -> None:
    """Everything that is drawn of a study; what takes longest comes last, in a place kept for it."""
    config = study.config
    left, right = st.columns(2)
    with left:
        _best_so_far(study, trials, going_on=going_on)
    several = len(config.ranges) > 1
    place = right.container()
    axes = st.container() if several else place
    chosen = _table_and_trial(study, trials)
    with axes:
        _axes(study, trials, chosen)
    if several:
        with place, st.spinner(_("Working out which settings matter…"), show_time=False):
            _importance(study, trials)


def _best_so_far(study: Study, trials: pd.DataFrame, *, going_on: bool) -> None:
    config = study.config
    by = st.segmented_control(
        _("Best so far"),
        list(BY),
        key=linked("tune_by", charts.BY_TRIAL, options=BY),
        persist_state="session",
        format_func=lambda one: _(BY[one]),
        required=True,
        help=_("Time is the time that trials took, divided by the workers; while it lies still none passes."),
    )
    line = searching.best_so_far(trials, config.metric, workers=config.workers)
    default = searching.default_value(study.reference())
    stamp = (len(line), by, default, going_on)
    _draw(
        study,
        "best",
        stamp,
        lambda dark: charts.best_so_far(
            line, config.metric, by=str(by), default=default, going_on=going_on, dark=dark
        ),
    )


def _importance(study: Study, trials: pd.DataFrame) -> None:
    found = how_important(study, trials)
    st.markdown(
        _("What matters"),
        help=_(
            "How different a setting's values are in the best quarter of the trials from its values in all of them "
            "(PED-ANOVA). The mark shows how far chance alone gets when values are dealt to the trials by lot: a bar "
            "that does not pass its mark says nothing. Below 10 trials nothing is shown, below 30 only strong effects "
            "pass."
        ),
    )
    _draw(
        study,
        "importance",
        (found.n,),
        lambda dark: charts.importance(found.table, found.sentence, dark=dark),
    )


def _axes(study: Study, trials: pd.DataFrame, chosen: int | None) -> None:
    config = study.config
    lines, ticks = parallel(trials, config.ranges, model=config.model, metric=config.metric, chosen=chosen)
    stamp = (len(lines), lines["value"].sum(), chosen)
    _draw(study, "axes", stamp, lambda dark: charts.parallel(lines, ticks, config.metric, dark=dark))
    st.caption(
        _(
            "A line is a trial; the stronger its colour the better its value. Thick: the best, and the one chosen in the "
            "table. Grey and dashed: pruned, so it has no value. Axes of settings on a log scale are drawn so."
        )
    )


def _table_and_trial(study: Study, trials: pd.DataFrame) -> int | None:
    """The table of trials and, beside it, the curves with the chosen one; its number."""
    config = study.config
    left, right = st.columns([1.25, 1])
    with left:
        table = searching.shown_table(trials, config.model, config.metric)
        name = title(config.metric)
        found: Any = st.dataframe(
            table,
            height=TABLE_HEIGHT,
            hide_index=True,
            key=f"tune_trials_{study.id}",
            on_select="rerun",
            selection_mode="single-row",
            column_config=_formats(table) | {name: st.column_config.NumberColumn(name, format="%.4f")},
            alt=_("Every trial: its value, its settings, how and why it ended"),
        )
        st.caption(_("A click on a row's box shows that trial; a click on a column's name sorts."))
    rows = [row for row in found.selection.rows if row < len(trials)]
    chosen = int(trials["number"].iloc[rows[0]]) if rows else None
    with right:
        _curves(study, trials, chosen)
        number = chosen
        if number is None:
            best = searching.best_trial(trials, config.metric)
            number = None if best is None else int(best["number"])
        if number is not None:
            _one(study, trials, number)
    return chosen


def _formats(table: pd.DataFrame) -> dict[str, Any]:
    """Four digits for every setting that is no whole number: a search draws many more."""
    floats = table.select_dtypes("float").columns
    return {name: st.column_config.NumberColumn(name, format="%.4g") for name in floats}


def _curves(study: Study, trials: pd.DataFrame, chosen: int | None) -> None:
    curves = study.curves()
    if curves.empty:
        return
    table = searching.curves_table(curves, trials, study.config.metric, chosen)
    figure = str(curves["figure"].iloc[0])
    states = tuple(trials["state"])
    stamp = (len(curves), states, chosen)
    _draw(study, "curves", stamp, lambda dark: charts.curves(table, figure, dark=dark))


def _one(study: Study, trials: pd.DataFrame, number: int) -> None:
    """One trial: its settings, why it ended, and the button that makes it a run."""
    trial = trials[trials["number"] == number].iloc[0]
    st.markdown(f"**{_('Trial {number}').format(number=number)}**")
    st.markdown(parts.chips(searching.setting_words(study.config.model, searching.settings_of(trial))))
    state_words = _(searching.STATES[trial["state"]])
    reason = str(trial["reason"]) or state_words
    st.caption(parts.plain(reason if trial["state"] != RUNNING else state_words, parts.LONGEST_SENTENCE))
    if trial["state"] != FINISHED:
        return
    run = run_of(study, number)
    if run is None:
        if st.button(
            _("Make it a run"),
            key="tune_make_run",
            icon=":material/model_training:",
            help=_("Trains these settings on training and validation rows and measures them on test."),
        ):
            try:
                make_run(study, number, actor=state.ACTOR)
            except RecsysError as problem:
                parts.error(problem)
            else:
                st.rerun()
    else:
        link(run.id, state.run_label(run), has_model=run.has_model, data=study.config.dataset)


def link(run_id: str, label: str, *, has_model: bool, data: str) -> None:
    """Where a run is to be seen: its lists where it has a model, else how its training goes."""
    if has_model:
        with st.container(horizontal=True):
            st.page_link(
                shell.file_of("recommend"),
                label=_("See the lists of {run}").format(run=parts.plain(label)),
                icon=":material/recommend:",
                query_params={"run": label, "data": data},
            )
            st.page_link(
                shell.file_of("metrics"), label=_("Judge it beside the others"), icon=":material/leaderboard:"
            )
    else:
        st.page_link(
            shell.file_of("train"),
            label=_("Watch {run} learn").format(run=parts.plain(label)),
            icon=":material/model_training:",
            query_params={"job": run_id, "data": data},
        )


def _draw(study: Study, what: str, stamp: tuple[object, ...], make: Callable[[bool], Any]) -> None:
    """A chart that is made anew only when what it shows has changed; the page looks every second."""
    dark = state.dark()
    key = (study.id, what, stamp, dark, LANGUAGE.get())

    def made() -> tuple[dict[str, Any], str]:
        chart = make(dark)
        return chart.to_dict(validate=False), title_of(chart)

    spec, said = memo.remembered(f"tune_chart_{what}", key, made, most=24)
    st.vega_lite_chart(spec=spec, key=f"tune_{what}", alt=said)
