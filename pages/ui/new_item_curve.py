"""Cold start, a new item: what known interactions add to attributes, measured on held-out items."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import memo, parts, shell, state
from recsys_core.charts import new_items as charts
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import Run
from recsys_core.scenarios import new_item_curve as core
from recsys_core.scenarios.leaderboard import finished_runs
from recsys_core.scenarios.lists import Serving


def show(serving: Serving, run: Run) -> None:
    """The curve of held-out items, or the way to it."""
    words = serving.data.words
    st.header(_("What known interactions add"))
    if not len(serving.split.cold_items):
        _way_to_it(serving.data)
        return
    key, place = (run.id, serving.data.fingerprint), None
    if not memo.is_remembered("new_item_curve", key):
        st.caption(
            _(
                "{n} {items} were held out whole. How good are lists of them from attributes alone, and how many known "
                "interactions does a model of ids need to catch up?"
            ).format(n=len(serving.split.cold_items), items=words.items)
        )
        place = st.empty()
        if not place.button(_("Measure"), key="new_item_measure", icon=":material/show_chart:"):
            return
    place = st.empty() if place is None else place
    with parts.boundary():

        def report(share: float) -> None:
            place.progress(share, _("Measuring, a line at a time"))

        found = memo.remembered("new_item_curve", key, lambda: core.curve(serving, report=report))
    place.empty()
    _curve(found, serving, run)


def _curve(found: core.Curve, serving: Serving, run: Run) -> None:
    words, model = serving.data.words, _(registry.spec(run.config.model).title)
    names = core.names_of(list(dict.fromkeys(found.table["line"])), model)
    st.altair_chart(
        charts.curve(
            found.table,
            names,
            core.finding(found, model),
            words,
            colour=state.colours(serving.data)[run.id],
            dark=state.dark(),
        ),
        key="new_item_curve",
    )
    st.caption(
        _(
            "{n_users:,} {users} are shown {n_items} held-out {items}; the bands are 95 % over {users}. Of each {item} "
            "at most half of its interactions become known, the others are asked for."
        ).format(
            n_users=found.n_users,
            users=words.users,
            n_items=found.n_items,
            items=words.items,
            item=words.item,
        )
    )
    if found.distinct is not None:
        st.caption(
            _("Different {users} get different lists: {distinct:,} different first tens among {n:,}.").format(
                users=words.users, distinct=found.distinct, n=found.n_users
            )
        )
    with st.expander(_("The figures, and how each line is made")):
        st.dataframe(
            _figures(found.table, names),
            key="new_item_figures",
            hide_index=True,
            alt=_("NDCG@10 by known interactions"),
        )
        for line, name in names.items():
            st.markdown(f"**{parts.plain(name)}**: {parts.plain(_(core.HOW[line]))}")


def _figures(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """One row a line, one column a number of known interactions: mean and half of its interval."""
    said = table.assign(
        text=[
            f"{number(line['ndcg'])} ± {number((line['high'] - line['low']) / 2)}"
            for line in table.to_dict("records")
        ]
    )
    wide = said.pivot(index="line", columns="known", values="text").loc[list(names)]
    wide.columns = [_("{n} known").format(n=known) for known in wide.columns]
    wide.insert(0, _("Scored by"), list(names.values()))
    return wide


def _way_to_it(data: Dataset) -> None:
    """No item was held out of this run: another run's answer, or training one."""
    st.caption(
        _(
            "This run learned from every {item}, so nothing can be checked. On the split cold-item a tenth of the "
            "{items} is kept from the model, and its answers about them are compared with what happened."
        ).format(item=data.words.item, items=data.words.items)
    )
    others = [one for one in finished_runs(data) if one.config.split.startswith("cold-item")]
    if others:
        label = state.run_label(others[0])
        st.button(
            _("Show {run}").format(run=parts.plain(label)),
            key="new_item_other_run",
            on_click=state.choose_run,
            args=(others[0].id,),
        )
        return
    st.page_link(
        shell.file_of("train"),
        label=_("Train on cold-item"),
        icon=":material/model_training:",
        query_params={"model": "two_tower", "split": "cold-item", "data": data.name},
    )
