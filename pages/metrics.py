"""Metrics: all runs beside the floors, with intervals, in plain words."""

import pandas as pd
import streamlit as st

from pages.ui import guards, parts, shell, state
from pages.ui.links import linked

shell.guard()

from recsys_core.charts import compare as charts  # noqa: E402
from recsys_core.evaluation.meanings import arrow, duration, meaning, title, with_interval  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.runs import delete_run  # noqa: E402
from recsys_core.scenarios.leaderboard import (  # noqa: E402
    arenas,
    as_table,
    finished_runs,
    leaderboard,
    leads,
    learning_curves,
    verdicts,
)

parts.title(_("Metrics"), _("How good is each model, beside simple floors, and how sure are we?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nothing to judge yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
runs = finished_runs(data)
if not runs:
    parts.empty(_("No finished run on this data yet."), _("Train a model"), "train")
choices = arenas(runs)
with st.container(border=True, horizontal=True):
    texts = {str(arena): arena for arena in choices}
    arena = texts[
        st.selectbox(
            _("Runs on the same"),
            list(texts),
            key=linked("arena", next(iter(texts)), options=texts),
            persist_state="session",
            help=_("Only runs that were judged on the same rows can be compared."),
        )
    ]
    rows = leaderboard(runs, arena)
    available = list(dict.fromkeys(name for row in rows for name in row.metrics))
    shown = st.selectbox(
        _("Figure"),
        available,
        key=linked("figure", f"ndcg@{arena.k}", options=available),
        persist_state="session",
        format_func=title,
        help=_("The chart and the intervals are about this figure."),
    )
for sentence in verdicts(rows, data.words, arena.k):
    parts.answer(sentence)

colours = state.colours(data)
labels = {row.run.id: row.label for row in rows}
table = as_table(rows, available)
here = {run_id: colour for run_id, colour in colours.items() if run_id in labels}
left, right = st.columns(2)
with left:
    one = table[table["metric"] == shown]
    st.altair_chart(charts.bars(one, shown, here, dark=state.dark()), key="metrics_bars")
    st.caption(meaning(shown, data.words))
with right:
    up, across = f"ndcg@{arena.k}", f"coverage@{arena.k}"
    wide = table[table["metric"].isin([up, across])].pivot(
        index=["label", "id"], columns="metric", values=["value", "low", "high"]
    )
    flat = pd.DataFrame(
        {
            across: wide["value"][across],
            up: wide["value"][up],
            f"{up}_low": wide["low"][up],
            f"{up}_high": wide["high"][up],
        }
    ).reset_index()
    st.altair_chart(charts.trade_off(flat, across, up, here, dark=state.dark()), key="metrics_trade")
    st.caption(_("Up: better lists. Right: more of the catalogue gets shown."))

gaps = leads(rows, arena.k)
if gaps:
    st.caption(
        _("NDCG@{k} beside popularity, for the same {users} (paired, 95 %): ").format(
            k=arena.k, users=data.words.users
        )
        + parts.plain("; ".join(gaps), parts.LONGEST_SENTENCE)
        + "."
    )

learned = learning_curves(rows)
if learned:
    st.header(_("How the networks learned"))
    for place, (metric, points) in zip(st.columns(2), learned.items(), strict=False):
        with place:
            st.altair_chart(
                charts.curves(points, metric, here, dark=state.dark()), key=f"metrics_curve_{metric}"
            )
            st.caption(
                _(
                    "Measured on validation rows while it learned. They hold fewer right answers than the test rows, so "
                    "compare epochs here, not this figure with the ones above. {meaning}"
                ).format(meaning=meaning(metric, data.words))
            )

st.header(_("Every run, every figure"))
everything = pd.DataFrame(
    [
        {
            _("Run"): labels[row.run.id],
            **{
                f"{title(name)} {arrow(name)}".strip(): with_interval(row.metrics[name], row.ci.get(name))
                if name in row.metrics
                else "–"
                for name in available
            },
            _("Time"): duration(row.seconds),
            _("Memory, MB"): round(row.peak_rss_mb),
        }
        for row in rows
    ]
)
helps = {f"{title(name)} {arrow(name)}".strip(): meaning(name, data.words) for name in available}
st.dataframe(
    everything,
    key="metrics_table",
    hide_index=True,
    column_config={
        _("Run"): st.column_config.TextColumn(pinned=True),
        **{name: st.column_config.TextColumn(help=text) for name, text in helps.items()},
    },
    alt=_("Runs by figures, with intervals"),
)
st.caption(
    _(
        "± is half of a 95 % bootstrap interval over {users}. It says how the figure would move with other {users}, not with "
        "another training. All runs here share the split, and test rows were never learned from."
    ).format(users=data.words.users)
)
actions = st.columns([1, 1, 2])
actions[0].download_button(
    _("Table as CSV"),
    parts.safe_csv(everything),
    f"{data.name}-metrics.csv",
    "text/csv",
    key="metrics_csv",
    on_click="ignore",
    icon=":material/download:",
)
with actions[1].popover(_("Delete a run"), icon=":material/delete:"):
    selected = state.run()
    first = list(labels).index(selected.id) if selected is not None and selected.id in labels else 0
    doomed = st.selectbox(_("Run"), list(labels), first, format_func=labels.get, key="metrics_doomed")
    if st.button(_("Delete"), key="metrics_delete"):
        with parts.boundary():
            delete_run(doomed, actor=state.ACTOR)
        st.toast(_("{run} is deleted.").format(run=labels[doomed]), icon=":material/delete:")
        st.rerun()
parts.code("metrics", data=data.name)
parts.about(
    _(
        "Every model ranks the **whole catalogue**; what a {user} already chose in training is left out; then we look "
        "whether the held-out {items} stand near the top."
    ).format(user=data.words.user, items=data.words.items),
    *[f"**{title(name)}** {arrow(name)}: {meaning(name, data.words)}" for name in available],
)
