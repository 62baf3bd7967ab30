"""Colours and sizes of every chart; with `.streamlit/config.toml` the only place that knows a colour."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, TypeVar

import altair as alt

HEIGHT = 280
FRAME = 90  # what title and axes take of a chart's height
MAX_ROWS = 5000
TITLE_WIDTH = 46  # letters that fit on a telephone

Chart = TypeVar("Chart", alt.Chart, alt.LayerChart)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one mode, told apart by colour-blind people (after Okabe & Ito), contrast 4.5 on the ground."""

    runs: tuple[str, ...]
    floor: str
    accent: str
    quiet: str
    text: str
    least: str
    """Where a scale of colour from few to many begins; it ends in the first of `runs`."""


LIGHT = Palette(
    ("#0072b2", "#c24e00", "#00795a", "#a8327d", "#7d6100", "#5b4fc4"),
    "#6b7685",
    "#0b6bcb",
    "#b9c2cd",
    "#1b2430",
    "#eef3f8",
)
DARK = Palette(
    ("#56b4e9", "#ff8c42", "#2fc99a", "#e58ac4", "#e6c229", "#aaa3ff"),
    "#98a4b3",
    "#6cb4ff",
    "#4a5666",
    "#e8edf3",
    "#10161f",
)
_FIXED = {"history_encoder": 0, "embedding_mlp": 1, "ease": 2}


def palette(dark: bool) -> Palette:
    """The colours of the mode that is on."""
    return DARK if dark else LIGHT


def run_colours(runs: list[tuple[str, str, bool]], dark: bool) -> dict[str, str]:
    """A colour for each run id, the same on every page: floors grey, the first of a family its own colour.

    Further runs of a family take the least used of its own colour and those that belong to no family.

    Args:
        runs: (id, model, floor) in the order in which they were made.
    """
    colours = palette(dark)
    chosen: dict[str, str] = {}
    used = [0] * len(colours.runs)
    families: set[str] = set()
    for run_id, model, floor in runs:
        if floor:
            chosen[run_id] = colours.floor
            continue
        own = _FIXED.get(model)
        free = [place for place in range(len(used)) if place == own or place not in _FIXED.values()]
        least = min(free, key=lambda place: (used[place], place))
        place = own if own is not None and model not in families else least
        families.add(model)
        used[place] += 1
        chosen[run_id] = colours.runs[place]
    return chosen


def page_colours(runs: list[tuple[str, str, bool]]) -> dict[str, dict[str, Any]]:
    """The colours of a page of ours outside the app: `light` and `dark` by name, `runs` as (light, dark) by id.

    Args:
        runs: as for `run_colours`.
    """
    names = ("text", "floor", "accent", "quiet", "least")
    modes = {
        mode: {**{name: getattr(colours, name) for name in names}, "good": colours.runs[2]}
        for mode, colours in (("light", LIGHT), ("dark", DARK))
    }
    light, dark = run_colours(runs, dark=False), run_colours(runs, dark=True)
    return {**modes, "runs": {run_id: (light[run_id], dark[run_id]) for run_id in light}}


def headed(chart: Chart, title: str) -> Chart:
    """The chart under its title, in two lines where it is long, so that a narrow screen shows all of it."""
    lines = textwrap.wrap(" ".join(title.split()), TITLE_WIDTH, max_lines=3, placeholder="…") or [""]
    return chart.properties(title=lines[0] if len(lines) == 1 else lines)


def title_of(chart: alt.Chart | alt.LayerChart) -> str:
    """What a chart says, for those who hear it."""
    title = chart.title
    return " ".join(map(str, title)) if isinstance(title, list) else str(title)


def check_size(n_rows: int) -> None:
    """Raises ValueError for a table too large for a browser: aggregate it first."""
    if n_rows > MAX_ROWS:
        raise ValueError(f"{n_rows} rows are too many for a chart; aggregate first")
