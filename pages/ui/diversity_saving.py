"""Diversity's last step: the setting saved as a run, measured on test once."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, shell, state
from pages.ui.diversity_controls import Asked
from recsys_core.errors import NotFound
from recsys_core.evaluation.meanings import with_interval
from recsys_core.i18n import _
from recsys_core.runs import ACTIVE, Run, open_run
from recsys_core.training.reranked import NAME
from recsys_core.training.saving import LONGEST_NAME, save_setting, saved_name

SAVED = "diversity_saved"
LOOK_SECONDS = 1.0


def show(run: Run, asked: Asked) -> None:
    """The name and the button; afterwards how far it is, and where it stands."""
    st.header(_("Keep this setting"))
    with st.container(border=True):
        if run.config.model == NAME:
            st.markdown(
                _("This run is a kept setting already. Choose the run that it was made of to turn the dial.")
            )
            return
        st.markdown(
            _(
                "As a run it stands on the leaderboard and serves in every demo. It is then measured on the test rows, once: "
                "choose the setting on the frontier first."
            )
        )
        row = st.columns([2.5, 1.2, 3], vertical_alignment="bottom")
        name = row[0].text_input(
            _("Name of the run"),
            key="diversity_name",
            max_chars=LONGEST_NAME,
            placeholder=saved_name(run, asked.setting),
        )
        clicked = row[1].button(
            _("Save as a run"),
            key="diversity_save",
            icon=":material/bookmark_add:",
            disabled=not asked.setting.strength,
            help=None
            if asked.setting.strength
            else _("At strength 0 it would be the run that is there already."),
        )
        if clicked:
            with parts.boundary():
                made = save_setting(run, asked.setting, k=asked.k, name=name, actor=state.ACTOR)
            st.session_state[SAVED] = made.id
        if SAVED in st.session_state:
            _standing()


def _standing() -> None:
    """The saved run: looks again while it is at work."""
    saved_id = st.session_state[SAVED]
    live = _state_of(saved_id) in ACTIVE

    @st.fragment(run_every=LOOK_SECONDS if live else None)
    def standing() -> None:
        now = _state_of(saved_id)
        if live and now not in ACTIVE:
            st.rerun()
        if now in ACTIVE:
            st.progress(0.5, text=_("Measuring it on the test rows"))
        elif now == "done":
            _done(open_run(saved_id))
        elif now:
            parts.error(str(open_run(saved_id).status.get("error", now)))

    standing()


def _state_of(run_id: str) -> str:
    try:
        return open_run(run_id).state
    except NotFound:
        return ""


def _done(run: Run) -> None:
    """Its figure beside that of the run it was made of, whichever run is chosen above by now."""
    base = open_run(str(run.config.settings["base"]))
    metric = f"ndcg@{run.config.k}"
    told = [
        with_interval(one.measured()["metrics"][metric], one.measured()["ci"].get(metric))
        for one in (run, base)
    ]
    st.success(
        _("{name} is measured: NDCG@{k} on test {ours}; as ranked {theirs}.").format(
            name=parts.plain(run.config.name), k=run.config.k, ours=told[0], theirs=told[1]
        ),
        icon=":material/check:",
    )
    st.page_link(
        shell.file_of("metrics"), label=_("See it on the leaderboard"), icon=":material/leaderboard:"
    )
