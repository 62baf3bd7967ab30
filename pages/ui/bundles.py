"""A run's way out and in: the line that makes it again, the run as a file, and the file of somebody else's run."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import following, parts, state
from recsys_core.bundles.exporting import export_run, why_not
from recsys_core.bundles.importing import bringing
from recsys_core.bundles.waiting import came_from, waits_for
from recsys_core.data.dataset import Dataset
from recsys_core.data.tables import MAX_MB
from recsys_core.i18n import _
from recsys_core.replay import replay_of
from recsys_core.runs import Run, list_runs, open_run

_ROUND, _TOLD = "bundles_round", "bundles_told"


def below(run: Run) -> None:
    """Under a finished run: the line that gives the same figures, and the run as a file."""
    came = came_from(run)
    if came:
        st.caption(parts.plain(came, parts.LONGEST_SENTENCE))
    box = st.expander(
        _("Make it again, or take it along"), icon=":material/replay:", key="bundles_run", on_change="rerun"
    )
    if box.open:
        with box, parts.boundary():
            _line(run)
            _file(run)


def _line(run: Run) -> None:
    replay = replay_of(run)
    st.caption(_("This line, in a terminal, gives the same figures; every setting stands in it."))
    st.code(replay.line, language="bash", wrap_lines=True)
    if replay.before:
        st.caption(_("It names other runs. Where these are not there, their lines come first:"))
        st.code("\n".join(line for _id, line in replay.before), language="bash", wrap_lines=True)
    for note in replay.notes:
        st.warning(parts.plain(note, parts.LONGEST_SENTENCE), icon=":material/info:")


def _file(run: Run) -> None:
    problem = why_not(run)
    if problem:
        parts.error(problem)
        return
    name = re.sub("[^a-z0-9]+", "-", (run.config.name or run.config.model).lower()).strip("-") or "run"
    st.download_button(
        _("The run as a file"),
        lambda: export_run(run),
        f"{name}-{run.id[:4]}.zip",
        "application/zip",
        key="bundles_export",
        on_click="ignore",
        icon=":material/download:",
        help=_(
            "Model, settings, split, figures and the recipe of the data; not the data themselves. "
            "It can be brought in wherever the same data are."
        ),
    )


def bring(data: Dataset) -> None:
    """The way in, closed until somebody opens it; runs that wait for these data come first."""
    told = st.session_state.pop(_TOLD, "")
    if told:
        st.toast(parts.plain(told, parts.LONGEST_SENTENCE), icon=":material/check:")
    for run in list_runs():
        if run.waiting and run.config.fingerprint == data.fingerprint:
            _waiting(run)
    box = st.expander(
        _("Bring a run from elsewhere"), icon=":material/upload_file:", key="bundles_bring", on_change="rerun"
    )
    if box.open:
        with box:
            _upload()


def _waiting(run: Run) -> None:
    """A run that came before its data did: one click builds its model."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            _("{run} came without its data. They are here now.").format(run=parts.plain(state.run_label(run)))
        )
        line = st.empty()
        if line.button(_("Build its model"), key=f"bundles_build_{run.id}", icon=":material/build:"):
            _follow(run.id, line)


def _upload() -> None:
    st.markdown(
        _(
            "A file that this app wrote on another machine becomes a run here. Its model is built anew from its numbers and "
            "must give the figures that the file states; nothing in the file is run."
        )
    )
    file = st.file_uploader(
        _("A run as a file"),
        type=["zip"],
        key=f"bundles_file_{st.session_state.get(_ROUND, 0)}",
        max_upload_size=MAX_MB,
        help=_("Larger files: the command import-run."),
    )
    line = st.empty()
    if file is None or not line.button(
        _("Bring it in"), key="bundles_go", type="primary", icon=":material/input:"
    ):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(file.name).name)[-60:] or "run.zip")
        path.write_bytes(file.getvalue())
        _follow(str(path), line)


def _follow(given: str, line: Any) -> None:
    """The work, in a process of its own; afterwards the run is the one that is shown."""
    line.empty()
    made: dict[str, Any] = {}

    def words(event: dict[str, Any]) -> tuple[float, str]:
        made.update({key: event[key] for key in ("run", "new") if key in event})
        return bringing(event)

    refused = following.follow(["import-run", given], line, key="bundles_stop", words=words)
    if refused:
        line.empty()
        parts.error(refused)
        return
    run = open_run(str(made["run"]))
    st.session_state[_TOLD] = waits_for(run) or (
        _("The run is here.") if made["new"] else _("The same run was here before.")
    )
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    if not run.waiting:
        state.choose_run(run.id)
        st.session_state["train_job"] = st.query_params["job"] = run.id
    st.rerun()
