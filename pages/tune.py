"""Tune: search the settings of a model, watch what is tried, and see what is left of the best on test rows."""

import streamlit as st

from pages.ui import (
    guards,
    parts,
    shell,
    state,
    tune_compare,
    tune_controls,
    tune_final,
    tune_live,
    tune_shown,
)
from pages.ui.tune_studies import choose, listed, named

shell.guard()

from recsys_core.i18n import _  # noqa: E402
from recsys_core.runs import ACTIVE  # noqa: E402

POLL_SECONDS = 1.0

parts.title(_("Tune"), _("Which settings work best, how sure is that, and what did the search really do?"))
data = state.dataset()
if data is None:
    parts.empty(_("There is nothing to search on yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
asked, clicked = tune_controls.ask(data)
studies, study = choose(data, clicked)
live = study is not None and study.state in ACTIVE
training = study is not None and not live and tune_final.at_work(study)


@st.fragment(run_every=POLL_SECONDS if live or training else None)
def cockpit() -> None:
    """The chosen study; looks again while anything of it is at work, then shows the whole page once more."""
    assert study is not None and data is not None
    trials = study.trials()
    if live and study.state not in ACTIVE:
        st.rerun()
    if training and not tune_final.at_work(study):
        st.rerun()
    st.subheader(parts.plain(named(study)), anchor=False)
    tune_live.heading(study, trials)
    tune_shown.answer(study, trials, data.words, going_on=live)
    if len(trials):
        tune_shown.figures(study, trials, going_on=live)
    if not live:
        tune_final.show(study, trials, data.words)


if study is None:
    st.info(
        _(
            "No search on this data yet. Press Search above: every trial appears here as it is tried, with the reason why it "
            "ended."
        ),
        icon=":material/search:",
    )
else:
    with parts.boundary():
        cockpit()
        tune_compare.show(study, studies, data)
listed(studies)
tune_controls.code(data, asked)
parts.about(
    _(
        "**A trial** trains the model with one choice of settings on the training rows and measures it on the validation "
        "rows. A network that is clearly behind the others at the same epoch is **pruned**: given up early, so that time "
        "goes to better settings."
    ),
    _(
        "**Why test stays shut.** The best of many trials is partly the luckiest. Only rows that had no say in the choice can "
        "tell how good it is. So test is measured once, after everything is chosen, and every look is counted."
    ),
    _(
        "**Grid, random, Bayesian.** A grid tries every combination of a few steps; random draws them; Bayesian (TPE) learns "
        "from earlier trials where good settings lie. None is best everywhere: compare them at the same number of trials."
    ),
    _(
        "The search runs in processes of its own: change the page, close the tab, come back; it goes on, and everybody who "
        "opens this address sees the same."
    ),
)
