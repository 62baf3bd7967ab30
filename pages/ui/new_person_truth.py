"""Cold start, the truth beneath: quality on people who were kept out of training, by what is known of them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cached, parts, shell, state
from pages.ui.links import linked
from recsys_core.charts import newcomers as charts
from recsys_core.charts.theme import palette
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.meanings import meaning
from recsys_core.i18n import _
from recsys_core.runs import Run
from recsys_core.scenarios.leaderboard import finished_runs
from recsys_core.scenarios.newcomers import best_of, cold_runs, is_first, said_of
from recsys_core.training.lab import train_lab

MOST_LINES = 6


def show(data: Dataset, run: Run) -> None:
    """The curves of the runs that were judged on people held out whole; else how to make some."""
    st.header(_("How good is it for people it has never met?"))
    groups = cold_runs(finished_runs(data))
    if not groups:
        _nothing_yet(data)
        return
    own = next(
        (name for name, runs in groups.items() if run.id in [one.id for one in runs]), next(iter(groups))
    )
    group = st.radio(
        _("People known by"),
        list(groups),
        key=linked("cold_group", own, options=groups),
        persist_state="session",
        format_func=lambda name: _name(name, groups),
        horizontal=True,
        help=_("A fifth of the {users} was kept out of training; of each a few choices are shown.").format(
            users=_("people")
        ),
    )
    runs = groups[group][:MOST_LINES]
    tables = {
        state.run_label(one): cached.newcomer_curve(one.id, data.fingerprint, is_first(group)) for one in runs
    }
    shown = next((one for one in runs if one.id == run.id), None) or _default(runs)
    if shown.id != run.id:
        _offer(shown)
    label = state.run_label(shown)
    sentence = said_of(tables[label], label)
    parts.answer(sentence)
    everything = [table.assign(label=name) for name, table in tables.items() if len(table)]
    if not everything:
        return
    floor = everything[0].assign(label=_("Popularity"), value=everything[0]["popularity"])
    floor = floor.assign(low=floor["value"], high=floor["value"])
    drawn = pd.concat([*everything, floor], ignore_index=True)
    colours = {state.run_label(one): state.colours(data).get(one.id, "") for one in runs}
    colours[_("Popularity")] = palette(state.dark()).floor
    title = best_of(tables[label], label)
    chart = charts.curves(drawn, colours, title, k=shown.config.k, dark=state.dark())
    st.altair_chart(parts.drawn(chart), key="cold_start_curve", alt=sentence)
    st.caption(meaning(f"ndcg@{shown.config.k}", data.words))
    with st.expander(_("The figures"), icon=":material/table:"):
        columns = ["label", "known", "n_users", "value", "popularity", "gain", "gain_low", "gain_high"]
        figures = pd.concat(everything, ignore_index=True)[columns]
        st.dataframe(
            figures,
            key="cold_start_figures",
            hide_index=True,
            column_config={
                "label": _("run"),
                "known": _("known choices"),
                "n_users": _("people judged"),
                "value": st.column_config.NumberColumn(f"NDCG@{shown.config.k}", format="%.3f"),
                "popularity": st.column_config.NumberColumn(_("popularity's"), format="%.3f"),
                "gain": st.column_config.NumberColumn(_("gain"), format="%+.3f"),
                "gain_low": st.column_config.NumberColumn(_("95 % from"), format="%+.3f"),
                "gain_high": st.column_config.NumberColumn(_("to"), format="%+.3f"),
            },
        )


def _default(runs: list[Run]) -> Run:
    """The lab's default where it was trained, else the first."""
    return next((one for one in runs if one.config.model == "newcomer"), runs[0])


def _offer(run: Run) -> None:
    label = state.run_label(run)
    line = st.container(horizontal=True, vertical_alignment="center")
    line.caption(
        _(
            "The list above is another run's. {run} was kept from a fifth of the people, who judge it here."
        ).format(run=label)
    )
    if line.button(
        _("Make the list with {run}").format(run=label), key="cold_start_use", icon=":material/swap_horiz:"
    ):
        state.choose_run(run.id)
        st.rerun()


def _name(group: str, groups: dict[str, list[Run]]) -> str:
    text = _("their first choices") if is_first(group) else _("random choices")
    same = [one for one in groups if is_first(one) == is_first(group)]
    return text if len(same) == 1 else f"{text} · {group.rpartition(' ')[2]}"


def _nothing_yet(data: Dataset) -> None:
    with st.container(border=True):
        st.markdown(
            _(
                "No run was judged on people kept out of training yet. The lab trains its default, which mixes a network with "
                "popularity as far as it can be trusted, and two models beside it."
            )
        )
        if st.button(_("Train the lab"), type="primary", key="cold_start_train", icon=":material/science:"):
            with parts.boundary():
                runs = train_lab(data, actor=state.ACTOR)
                st.session_state["train_job"] = runs[0].id if runs else ""
            st.switch_page(shell.file_of("train"), query_params={"job": runs[0].id} if runs else {})
