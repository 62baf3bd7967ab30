"""Tune's end: the best settings trained for good, what is left of them on test, and how often test was looked at."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, state, tune_shown
from recsys_core.charts import tune as charts
from recsys_core.charts.theme import title_of
from recsys_core.data.dataset import Words
from recsys_core.errors import RecsysError
from recsys_core.i18n import _
from recsys_core.runs import ACTIVE, FAILED, QUEUED, Run
from recsys_core.scenarios import searching_final
from recsys_core.scenarios.searching import best_trial
from recsys_core.training.search_final import default_run_of, final_of, finish, in_words, shrinkage
from recsys_core.training.study import Study


def at_work(study: Study) -> bool:
    """Whether a run that the search led to is being trained, or waits for its turn."""
    final = final_of(study)
    if final is None:
        return False
    return any(run is not None and run.state in ACTIVE for run in (final, default_run_of(study)))


def show(study: Study, trials: pd.DataFrame, words: Words) -> None:
    """What became of the best settings; or the button that finds out."""
    st.header(_("On test rows"), anchor=False)
    if best_trial(trials, study.config.metric) is None:
        st.caption(_("Nothing to train for good: no trial finished."))
        return
    final = final_of(study)
    if final is None:
        _offer(study)
    elif final.has_model:
        _told(study, trials, final, words)
    else:
        _standing(final)
    _looked(study)


def _offer(study: Study) -> None:
    st.markdown(
        _(
            "The best settings were chosen by the validation rows, so their value there is flattering. Trained on training "
            "and validation rows and measured once on test, beside the default settings, they show what is left."
        )
    )
    if st.button(_("Train the best for good"), key="tune_final", type="primary", icon=":material/task_alt:"):
        try:
            finish(study, actor=state.ACTOR)
        except RecsysError as problem:
            parts.error(problem)
        else:
            st.rerun()


def _standing(final: Run) -> None:
    status = final.status
    if status["state"] in ACTIVE:
        waiting = status["state"] == QUEUED
        text = (
            _("The best settings wait for their turn to be trained for good")
            if waiting
            else _("The best settings are trained for good")
        )
        st.progress(0.0 if waiting else 0.5, text=text)
    elif status["state"] == FAILED:
        why = parts.plain(status.get("error", ""), parts.LONGEST_SENTENCE)
        st.error(_("Training the best for good failed: {why}").format(why=why), icon=":material/error:")
    else:
        st.warning(_("Training the best for good was stopped."), icon=":material/warning:")
    tune_shown.link(final.id, state.run_label(final), has_model=False, data=final.config.dataset)


def _told(study: Study, trials: pd.DataFrame, final: Run, words: Words) -> None:
    found = shrinkage(study)
    if found is None:
        return
    st.subheader(parts.plain(searching_final.shrinkage_answer(found), parts.LONGEST_SENTENCE), anchor=False)
    left, right = st.columns([1, 1.2])
    told, gained = searching_final.shrinkage_title(found), searching_final.gains_table(found)
    if gained is None:
        values = searching_final.shrinkage_table(found)
        chart = charts.shrinkage(values, found.metric, told, dark=state.dark())
    else:
        chart = charts.gains(gained, told, dark=state.dark())
    left.altair_chart(parts.drawn(chart), key="tune_shrinkage", alt=title_of(chart))
    known = tune_shown.how_sure(study, trials)
    luck = known.luck if known is not None else float("nan")
    with right:
        reasons = [parts.plain(one, parts.LONGEST_SENTENCE) for one in in_words(found, luck)[1:]]
        st.markdown("\n".join(f"- {one}" for one in reasons))
        default = default_run_of(study)
        if default is not None and default.state in ACTIVE:
            st.caption(_("The default settings are trained for good as well, to compare: a moment."))
        st.caption(
            _("Whiskers: 95 % over {users}. They do not cover training again with another seed.").format(
                users=words.users
            )
        )
        tune_shown.link(final.id, state.run_label(final), has_model=True, data=final.config.dataset)


def _looked(study: Study) -> None:
    st.caption(searching_final.looks_words(*searching_final.test_looks(study)))
