"""Recommend's lists of all users: made on demand with progress and Stop, kept in the workspace, then downloaded.

The page waits while they are made. A click on Stop, or anywhere else, makes Streamlit run the page anew: the next
call of `st` in here raises, and nothing is left of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import parts
from recsys_core.i18n import _
from recsys_core.ranking.rerank import Setting
from recsys_core.runs import list_runs
from recsys_core.scenarios.everybody import at_most_every, progress, write_lists
from recsys_core.scenarios.lists import Serving
from recsys_core.workspace import subfolder

FOLDER = "lists"
LOOK_SECONDS = 0.2


def section(serving: Serving, k: int, rerank: Setting) -> Callable[[], None] | None:
    """The button, or the file where it was made before; what is left to do at the very end of the page."""
    words = serving.data.words
    with st.container(border=True):
        row = st.columns([5, 1.6], vertical_alignment="center")
        row[0].markdown(
            _(
                "**Everybody**: the first {k} of all {n:,} {users} as one Parquet file (user_id, item_id, score, rank)."
            ).format(k=k, n=serving.data.n_users, users=words.users),
            help=_("With the dial for diversity as it stands; the filters and edits do not count here."),
        )
        try:
            path = subfolder(FOLDER) / f"{serving.run_id}-{k}-{rerank.strength:g}.parquet"
        except OSError:
            return None
        place = row[1].empty()
        if path.exists():
            _offer(place, path, serving, k)
            return None
        clicked = place.button(
            _("Make the lists"), key="recommend_everybody", icon=":material/groups:", width="stretch"
        )
        line = st.empty()
    return (lambda: _make(serving, path, k, rerank, place, line)) if clicked else None


def _offer(place: Any, path: Path, serving: Serving, k: int) -> None:
    place.download_button(
        _("Download ({size:.1f} MB)").format(size=path.stat().st_size / 1e6),
        path.read_bytes,
        f"{serving.data.name}-top{k}.parquet",
        "application/vnd.apache.parquet",
        key="recommend_everybody_file",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )


def _make(serving: Serving, path: Path, k: int, rerank: Setting, place: Any, line: Any) -> None:
    place.button(_("Stop"), key="recommend_everybody_stop", icon=":material/stop:", width="stretch")
    users = serving.data.words.users
    line.progress(0.0, text=_("Making the lists"))

    def report(event: dict[str, Any]) -> None:
        share, text = progress(event, users)
        line.progress(share, text=text)  # where a click on Stop takes effect

    _clear_up(path.parent)
    with parts.boundary():
        write_lists(serving, path, k=k, rerank=rerank, report=at_most_every(LOOK_SECONDS, report))
    line.empty()
    _offer(place, path, serving, k)


def _clear_up(folder: Path) -> None:
    """Files of runs that were deleted go."""
    known = {run.id for run in list_runs()}
    for path in folder.glob("*.parquet"):
        if path.name.partition("-")[0] not in known:
            path.unlink(missing_ok=True)
