"""Metrics, the way in for other systems: a file of scores or ranks is looked at, and judged as a run."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cached, following, parts, state
from recsys_core.columns import ITEM, PART, TITLE, USER, Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.score_file import ScoreColumns, guessed_columns, score_table
from recsys_core.data.split_files import zipped_split
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.data.tables import MAX_MB, read_table
from recsys_core.errors import NotFound, RecsysError
from recsys_core.evaluation.meanings import judging
from recsys_core.evaluation.submitted import Submitted
from recsys_core.i18n import N_, _
from recsys_core.scenarios.leaderboard import Arena, arenas, finished_runs
from recsys_core.training.saving import LONGEST_NAME

ENDINGS = ["csv", "tsv", "txt", "dat", "tab", "gz", "zip", "parquet"]
PREVIEW_ROWS = 5
SCORES, RANKS, RATINGS = "scores", "ranks", "ratings"
MEANT = {
    SCORES: N_("scores: higher is better"),
    RANKS: N_("ranks: 1 is best"),
    RATINGS: N_("predicted ratings"),
}
_ROUND, _TOLD = "metrics_import_round", "metrics_import_told"


@st.cache_resource(max_entries=2, show_spinner=False)
def _table(key: str, name: str, _content: bytes) -> pd.DataFrame:
    """An upload as a table, read once; nobody changes it."""
    return read_table(_content, name=name, max_mb=MAX_MB)


@st.cache_resource(max_entries=2, show_spinner=False)
def _split(name: str, fingerprint: str, spec: SplitSpec) -> Split:
    return make_split(cached.dataset(name, fingerprint), spec)


@st.cache_resource(max_entries=2, show_spinner=False)
def _submitted(
    key: str, columns: ScoreColumns, skip: bool, ratings: bool, arena: Arena, fingerprint: str, _split: Split,
    _table: pd.DataFrame,
) -> Submitted:  # fmt: skip
    """What would be judged, checked."""
    rows = score_table(_table, _split.dataset, columns, skip_unknown=skip)
    found = Submitted(rows, _split, ratings=ratings, k=arena.k)
    found.check()
    return found


def show(data: Dataset) -> None:
    """The way in, closed until somebody opens it; says what came of the last file."""
    told = st.session_state.pop(_TOLD, "")
    if told:
        st.toast(parts.plain(told, parts.LONGEST_SENTENCE), icon=":material/check:")
    box = st.expander(
        _("Judge what you already have"),
        icon=":material/upload_file:",
        key="metrics_import",
        on_change="rerun",
    )
    if box.open:
        with box:
            _form(data)


def _form(data: Dataset) -> None:
    words = data.words
    st.markdown(
        _(
            "A file of {users}, {items} and a score or a rank, from any system, becomes a run without a model: it stands "
            "on the leaderboard and in every demo. Take the rows of this split, let your system learn from *train.csv*, rank "
            "the whole catalogue for everybody, and bring the best 200 of each back."
        ).format(users=words.users, items=words.items)
    )
    arena = _arena(data)
    split = _split(data.name, data.fingerprint, SplitSpec.parse(arena.split, seed=arena.split_seed))
    file = st.file_uploader(
        _("Scores or ranks"),
        type=ENDINGS,
        key=f"metrics_import_file_{st.session_state.get(_ROUND, 0)}",
        max_upload_size=MAX_MB,
        help=_(
            "A row a pair: a column of {users}, one of {items}, one of scores or ranks; ids as in the data set's own file. "
            "CSV or any other separator, gzip, zip or Parquet. Larger files: the command import-scores."
        ).format(users=words.users, items=words.items),
    )
    if file is None:
        return
    try:
        with st.spinner(_("Reading {name}…").format(name=parts.plain(file.name)), show_time=True):
            table = _table(file.file_id, file.name, file.getvalue())
    except RecsysError as problem:
        parts.error(problem)
        return
    columns, meant = _columns(data, table, file.file_id)
    if columns is None:
        st.info(_("Say which column is what."), icon=":material/view_column:")
        return
    found, skip = _checked(file.file_id, columns, meant == RATINGS, arena, split, table)
    if found is not None:
        _preview(found)
        for remark in found.remarks():
            st.warning(parts.plain(remark, parts.LONGEST_SENTENCE), icon=":material/info:")
        _judge(data, file, columns, arena, ratings=meant == RATINGS, skip=skip)


def _arena(data: Dataset) -> Arena:
    """Which held-out rows; the ones that the page shows by default, the usual ones where there is no run yet."""
    protocol = "given" if PART in data.interactions else str(SplitSpec())
    usual = Arena(protocol, SplitSpec().seed, min(10, data.n_items))
    texts = {str(arena): arena for arena in arenas(finished_runs(data)) or [usual]}
    shown = st.session_state.get("arena")
    row = st.columns([2.2, 1], vertical_alignment="bottom")
    chosen = row[0].selectbox(
        _("Judged on the rows of"),
        list(texts),
        list(texts).index(shown) if shown in texts else 0,
        key=f"metrics_import_arena_{shown}",
        help=_("Your system must not have seen the test rows of this split: nobody here can check that."),
    )
    arena = texts[chosen]
    spec = SplitSpec.parse(arena.split, seed=arena.split_seed)
    row[1].download_button(
        _("Rows of this split"),
        lambda: zipped_split(_split(data.name, data.fingerprint, spec)),
        f"{data.name}-{re.sub('[^a-z0-9.]+', '-', arena.split)}-{arena.split_seed}.zip",
        "application/zip",
        key="metrics_import_rows",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
        help=_(
            "train.csv, which your system may learn from, and test.csv, which it is judged on; ids as in the files, unchanged."
        ),
    )
    return arena


def _columns(data: Dataset, table: pd.DataFrame, key: str) -> tuple[ScoreColumns | None, str]:
    """Which column is what, as guessed until somebody says otherwise; None while one is missing."""
    names, guess = [str(name) for name in table.columns], guessed_columns(table, ScoreColumns())
    asked = {
        "user": (data.words.user.capitalize(), guess.user),
        "item": (data.words.item.capitalize(), guess.item),
        "number": (_("Score or rank"), guess.number),
    }
    row = st.columns(4)
    chosen = {
        role: place.selectbox(
            label,
            names,
            names.index(guessed) if guessed in names else None,
            key=f"metrics_import_{role}_{key}",
            placeholder=_("which column?"),
        )
        for place, (role, (label, guessed)) in zip(row, asked.items(), strict=False)
    }
    kinds = [SCORES, RANKS, *([RATINGS] if data.kind is Kind.RATING else [])]
    meant = row[3].selectbox(
        _("They are"),
        kinds,
        kinds.index(RANKS if guess.ranked else SCORES),
        key=f"metrics_import_meant_{key}",
        format_func=lambda one: _(MEANT[one]),
        help=_("Predicted ratings are on the scale of the data: their error is measured too."),
    )
    if None in chosen.values() or len(set(chosen.values())) < len(chosen):
        return None, meant
    return ScoreColumns(**chosen, ranked=meant == RANKS), meant


def _checked(
    key: str, columns: ScoreColumns, ratings: bool, arena: Arena, split: Split, table: pd.DataFrame
) -> tuple[Submitted | None, bool]:
    """What would be judged, and whether unknown ids are skipped; None after it was said what is wrong."""
    box = f"metrics_import_skip_{key}"
    skip = bool(st.session_state.get(box))
    problem: RecsysError | None = None
    try:
        with st.spinner(_("Looking at every row…"), show_time=True):
            found = _submitted(
                key, columns, skip, ratings, arena, split.dataset.fingerprint, _split=split, _table=table
            )
    except RecsysError as refused:
        found, problem = None, refused
        parts.error(refused)
    if skip or isinstance(problem, NotFound):
        st.checkbox(
            _("Leave out rows of {users} and {items} that the data do not have").format(
                users=split.dataset.words.users, items=split.dataset.words.items
            ),
            key=box,
        )
    return found, skip


def _preview(found: Submitted) -> None:
    """What was understood: how much it is, and the first rows with their titles."""
    data, table = found.split.dataset, found.table
    head = slice(0, PREVIEW_ROWS)
    ranked, number = table.columns.ranked, str(table.columns.number)
    shown = pd.DataFrame(
        {
            data.words.user: data.users[USER].iloc[table.users[head]].to_numpy(),
            data.words.item: data.items[ITEM].iloc[table.items[head]].to_numpy(),
            _("title"): data.items[TITLE].iloc[table.items[head]].to_numpy(),
            number: (-table.scores if ranked else table.scores)[head],
        }
    )
    st.caption(
        _("{rows:,} rows of {users:,} {noun}; the first of them as they were understood:").format(
            rows=len(table.users), users=found.n_users, noun=data.words.users
        )
    )
    st.dataframe(shown, key="metrics_import_preview", hide_index=True, alt=_("The first rows of the file"))


def _judge(
    data: Dataset, file: Any, columns: ScoreColumns, arena: Arena, *, ratings: bool, skip: bool
) -> None:
    """The name and the button; the work is a process of its own."""
    row = st.columns([2.2, 1, 2], vertical_alignment="bottom")
    name = row[0].text_input(
        _("Name of the run"),
        Path(file.name).stem[:LONGEST_NAME],
        key=f"metrics_import_name_{file.file_id}",
        max_chars=LONGEST_NAME,
        help=_("The name of the system, for instance."),
    )
    button, line = row[1].empty(), st.empty()
    if not button.button(
        _("Judge it"),
        key="metrics_import_go",
        type="primary",
        icon=":material/gavel:",
        disabled=not name.strip(),
    ):
        return
    button.empty()
    made: dict[str, Any] = {}

    def words(event: dict[str, Any]) -> tuple[float, str]:
        made.update({key: event[key] for key in ("run", "new") if key in event})
        return judging(event)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores"
        path.write_bytes(file.getvalue())
        options = {
            "name": name, "data": data.name, "split": arena.split, "split-seed": arena.split_seed, "k": arena.k,
            "user": columns.user, "item": columns.item, "rank" if columns.ranked else "score": columns.number,
            "called": file.name,
        }  # fmt: skip
        command = ["import-scores", str(path), *(f"--{key}={value}" for key, value in options.items())]
        command += ["--ratings"] * ratings + ["--skip-unknown"] * skip
        refused = following.follow(command, line, key="metrics_import_stop", words=words)
    if refused:
        line.empty()
        parts.error(refused)
        return
    told = _("{name} is judged and stands on the leaderboard.") if made.get("new") else _(
        "The same file was judged on this split before: it stands on the leaderboard."
    )  # fmt: skip
    st.session_state[_TOLD] = told.format(name=name.strip())
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    state.choose_run(str(made["run"]))
    st.rerun()
