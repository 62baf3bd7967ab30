"""The map itself: drawn on demand by a process of its own, coloured, and followed by how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cached, following, parts, state
from pages.ui.map_controls import POINT, Asked
from recsys_core.charts import embedding as charts
from recsys_core.charts.theme import title_of
from recsys_core.columns import VALUES
from recsys_core.evaluation.meanings import mapping
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import Run, open_run
from recsys_core.scenarios import map_colours
from recsys_core.scenarios.embedding_map import ITEMS, METHODS, MOST_POINTS, PCA, TSNE, EmbeddingMap, make_map
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.map_store import FOLDER, kept_map

CHART = "map_chart"
QUICK_ITEMS = 5000
"""So many items are drawn by PCA while the page loads; more belong into a process, as do imported scores."""
SECONDS_A_POINT = 0.009


@dataclass(frozen=True)
class Coloured:
    """A map's points with their colours, and what the colours say."""

    points: pd.DataFrame
    said: str


def columns() -> list[Any]:
    """The places of the map and of the point that is looked at."""
    return st.columns([1.6, 1], gap="medium")


def drawn(run: Run, serving: Serving, asked: Asked) -> EmbeddingMap | None:
    """The map that was asked for where it was drawn, else the quick one of the items; None where there is neither."""
    path = run.folder / FOLDER / f"{asked.of}-{asked.method}.json"
    if path.exists():
        found = _kept(run.id, asked.of, asked.method, path.stat().st_mtime_ns)
        if found is not None:
            return found
    quick = serving.data.n_items <= QUICK_ITEMS and run.config.model != registry.IMPORTED
    if asked.of == ITEMS and quick:
        return _quick(run.id, serving.data.fingerprint)
    return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(run_id: str, of: str, method: str, stamp: int) -> EmbeddingMap | None:
    return kept_map(open_run(run_id), of, method)


@st.cache_resource(max_entries=4, show_spinner=_("Asking the model how it sees them…"))
def _quick(run_id: str, fingerprint: str) -> EmbeddingMap:
    return make_map(cached.serving(run_id, fingerprint), model=open_run(run_id).config.model, method=PCA)


def coloured(run: Run, serving: Serving, found: EmbeddingMap, colour: map_colours.Colouring) -> Coloured:
    """The points with colours, made once for each colouring."""
    return _coloured(run.id, serving.data.fingerprint, found.seconds, colour, _found=found)


@st.cache_resource(max_entries=16, show_spinner=False)
def _coloured(
    run_id: str, fingerprint: str, stamp: float, colour: map_colours.Colouring, _found: EmbeddingMap
) -> Coloured:
    serving = cached.serving(run_id, fingerprint)
    judged = map_colours.together(serving, _found, colour)
    said = map_colours.sentence(judged, _found, colour, serving.data.words)
    return Coloured(map_colours.points_table(serving, _found, colour), said)


def offer(
    run: Run, serving: Serving, asked: Asked, instead: EmbeddingMap | None
) -> Callable[[], None] | None:
    """What would be here and the button that draws it; what is left to do at the very end of the page."""
    words = serving.data.words
    n = min(MOST_POINTS, serving.data.n_items if asked.of == ITEMS else serving.data.n_users)
    noun = words.items if asked.of == ITEMS else words.users
    with st.container(border=True):
        if instead is not None:
            text = _("This is the quick map by PCA. t-SNE keeps neighbours together far better.")
        else:
            text = _("A map of {n:,} {noun} by {method}: who is near whom, as the model sees them.").format(
                n=n, noun=noun, method=_(METHODS[asked.method][0])
            )
        if asked.method == TSNE:
            text += " " + _("Drawing takes about {seconds} s, once.").format(
                seconds=max(5, round(n * SECONDS_A_POINT))
            )
        st.markdown(text)
        button, line = st.empty(), st.empty()
        clicked = button.button(
            _("Draw by {method}").format(method=_(METHODS[asked.method][0])),
            key="map_draw",
            type="primary",
            icon=":material/scatter_plot:",
        )
    return (lambda: _draw(run, asked, button, line)) if clicked else None


def _draw(run: Run, asked: Asked, button: Any, place: Any) -> None:
    button.empty()
    command = ["map", run.id, "--of", asked.of, "--method", asked.method]
    refused = following.follow(command, place, key="map_stop", words=mapping)
    if refused:
        place.empty()
        parts.error(refused)
    else:
        st.rerun()


def show(serving: Serving, found: EmbeddingMap, seen: Coloured, asked: Asked, chosen: str) -> None:
    """The chart, and what to make of it."""
    words, of_items = serving.data.words, found.of == ITEMS
    near: tuple[str, ...] = ()
    if chosen:
        point = int(seen.points.index[seen.points["id"] == chosen][0])
        near = tuple(seen.points["id"].iloc[found.near[point]])
    counted = (
        _("{users} who chose it").format(users=words.users)
        if of_items
        else _("{items} chosen").format(items=words.items)
    )
    chart = charts.embedding_map(
        seen.points,
        asked.colour.kind,
        asked.colour.title,
        chosen=chosen,
        near=near,
        counted=counted,
        dark=state.dark(),
    )
    st.altair_chart(
        parts.drawn(chart), key=CHART, on_select=_picked, selection_mode=charts.PICK, alt=title_of(chart)
    )
    st.caption(_trust(serving, found, asked))


def _trust(serving: Serving, found: EmbeddingMap, asked: Asked) -> str:
    """How far the picture can be trusted, and who is not on it."""
    words = serving.data.words
    one, these = (words.item, words.items) if found.of == ITEMS else (words.user, words.users)
    text = _(
        "Click a point for its neighbours. Of the {n} nearest to each {one} in the full space, {kept:.0%} are among its "
        "{n} nearest on this map too ({chance:.1%} would be chance)."
    ).format(n=found.near.shape[1], one=one, kept=found.kept, chance=found.chance)
    if found.method == TSNE:
        text += " " + _("Directions, and how far apart groups lie, mean nothing.")
    if len(found.rows) < found.n_all:
        left = (
            _("{n:,} of {all:,} {these} are on it: the most chosen that the model can place.")
            if found.of == ITEMS
            else _("{n:,} of {all:,} {these} are on it: a sample of those who chose something.")
        )
        text += " " + left.format(n=len(found.rows), all=found.n_all, these=these)
    if asked.colour.kind == VALUES and asked.colour.column in serving.data.list_columns:
        text += " " + _("Where a {one} has several values, its least common one is shown.").format(one=one)
    return text


def _picked() -> None:
    """A point was clicked: it is looked at."""
    picked(st.session_state[CHART], st.session_state)


def picked(event: Any, kept: Any) -> None:
    """Sets the point that an event of the chart names; nothing where it names none."""
    found = event["selection"].get(charts.PICK, [])
    one = found[0].get("id") if found else None
    if isinstance(one, str) and one:
        kept[POINT] = one
