"""Metrics: all runs of one split beside the floors, how sure each figure is, and what is behind it."""

import streamlit as st

from pages.ui import (
    cached,
    guards,
    metrics_alarms,
    metrics_charts,
    metrics_import,
    metrics_inspector,
    metrics_leaderboard,
    metrics_ratings,
    metrics_slices,
    metrics_versus,
    parts,
    shell,
    state,
)
from pages.ui.links import linked

shell.guard()

from recsys_core.evaluation.meanings import arrow, meaning, title  # noqa: E402
from recsys_core.i18n import N_, _  # noqa: E402
from recsys_core.scenarios.leaderboard import (  # noqa: E402
    arenas,
    finished_runs,
    leaderboard,
    usual_reference,
)

VIEWS = {
    "board": N_("Leaderboard"),
    "charts": N_("Charts"),
    "slices": N_("Who is served worst"),
    "ratings": N_("Predicted values"),
    "versus": N_("Winners and losers"),
    "inspect": N_("Behind a figure"),
}

parts.title(_("Metrics"), _("How good is each model, beside simple floors, and how sure are we?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nothing to judge yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
runs = finished_runs(data)
if not runs:
    metrics_import.show(data)
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
        help=_("Charts, verdicts and slices are about this figure."),
    )
    labels = {row.run.id: row.label for row in rows}
    against = st.selectbox(
        _("Compare with"),
        list(labels),
        key=linked("against", usual_reference(rows).run.id, options=labels),
        persist_state="session",
        format_func=lambda run: labels.get(run, run),
        help=_("Every run is tested against this one, for the same {users}.").format(users=data.words.users),
    )
reference = next(row for row in rows if row.run.id == against)
views = {name: _(text) for name, text in VIEWS.items() if name != "ratings" or "rmse" in available}
view = st.radio(
    _("View"),
    list(views),
    key=linked("view", "board", options=views),
    persist_state="session",
    horizontal=True,
    format_func=lambda name: views.get(name, name),
    label_visibility="collapsed",
)
with parts.boundary():
    if view == "charts":
        metrics_charts.show(rows, data, shown)
    elif view == "slices":
        metrics_slices.show(rows, data, shown)
    elif view == "ratings":
        metrics_ratings.show(rows, data, shown)
    elif view == "versus":
        metrics_versus.show(rows, data, shown)
    elif view == "inspect":
        metrics_inspector.show(rows, data, shown)
    else:
        for sentence in cached.answers(rows, data.words, arena.k):
            parts.answer(sentence)
        metrics_alarms.show(rows, data)
        metrics_leaderboard.show(rows, data, shown, reference)
        metrics_import.show(data)
parts.code("metrics", data=data.name)
parts.about(
    _(
        "Every model ranks the **whole catalogue**; what a {user} already chose in training is left out; then we look "
        "whether the held-out {items} stand near the top. All runs here share the split, and test rows were never learned "
        "from."
    ).format(user=data.words.user, items=data.words.items),
    *[f"**{title(name)}** {arrow(name)}: {meaning(name, data.words)}" for name in available],
)
