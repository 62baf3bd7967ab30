"""Commands that serve a finished run, without TensorFlow: recommend, predict."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from recsys_core import files
from recsys_core.cli.data_commands import Json
from recsys_core.cli.files_in import rows_of
from recsys_core.cli.output import print_json, print_table
from recsys_core.columns import ITEM, ITEM_ROW, TITLE
from recsys_core.data.convert import numbers
from recsys_core.data.dataset import Dataset
from recsys_core.data.importing import guess_columns, read_table
from recsys_core.errors import DataError, NotSupported, ParamError
from recsys_core.i18n import _
from recsys_core.ranking.likeness import USUAL
from recsys_core.ranking.rerank import AS_RANKED, METHODS, NONE, Setting
from recsys_core.runs import open_run
from recsys_core.scenarios.everybody import at_most_every, progress, write_lists
from recsys_core.scenarios.lists import Serving, history_list, reasons, user_list

PROGRESS_SECONDS = 1.0


def recommend(
    run: str,
    user: Annotated[str | None, typer.Option(help=_("id of a user, as in the file"))] = None,
    history: Annotated[str | None, typer.Option(help='"item[:value],..." of somebody new')] = None,
    history_file: Annotated[
        Path | None, typer.Option(help=_("CSV of items, and values if there are any"))
    ] = None,
    all_users: Annotated[bool, typer.Option("--all-users", help=_("every user's list, with --to"))] = False,
    to: Annotated[Path | None, typer.Option(help=_("Parquet file for --all-users"))] = None,
    k: Annotated[int, typer.Option(help=_("length of the list"))] = 10,
    rerank: Annotated[
        str, typer.Option(help=_("none, mix, mmr, dpp, calibrated, popularity or coverage"))
    ] = "none",
    distance: Annotated[
        str, typer.Option(help=_("attributes, model or together; attributes where there are any"))
    ] = USUAL,
    strength: Annotated[float, typer.Option(help=_("0 as ranked .. 1 as different as can be"))] = 0.3,
    json: Json = False,
) -> None:
    """The list of a user, of a history, or of everybody."""
    if sum([user is not None, history is not None, history_file is not None, all_users]) != 1:
        raise ParamError(
            what=_("it is not clear for whom"),
            where="recommend",
            remedy=_("give one of --user, --history, --history-file, --all-users"),
        )
    if rerank not in (NONE, *METHODS):
        raise ParamError(
            what=_("{given} is no re-ranker").format(given=repr(rerank)),
            where="--rerank",
            remedy=_("use one of: {known}").format(known=", ".join((NONE, *METHODS))),
        )
    if to is not None and not all_users:
        raise ParamError(
            what=_("only the lists of all users are written to a file"),
            where="--to",
            remedy=_("give --all-users with it, or leave it out"),
        )
    serving = Serving.open(open_run(run))
    dial = AS_RANKED if rerank == NONE else Setting(rerank, strength, distance)
    if all_users:
        _everybody(serving, k, dial, to)
        return
    if user is not None:
        row = int(serving.data.user_rows(user)[0])
        table, chosen = user_list(serving, row, k=k, rerank=dial), serving.history(row)
    else:
        chosen, values = _history(serving.data, history, history_file)
        table = history_list(serving, chosen, values=values, k=k, rerank=dial)
    _print_list(serving, table, chosen, user, k, json)


def _print_list(
    serving: Serving, table: pd.DataFrame, history: np.ndarray, user: str | None, k: int, json: bool
) -> None:
    titles = serving.data.items[TITLE]
    rows: list[dict[str, Any]] = []
    for (_place, line), because in zip(
        table.iterrows(), reasons(serving, history, table[ITEM_ROW].to_numpy()), strict=True
    ):
        row = {
            "item_id": line[ITEM],
            "title": line[TITLE],
            "score": float(line["score"]),
            "rank": int(line["rank"]),
        }
        if because:
            row["reason"] = _("because of {titles}").format(titles=", ".join(titles.iloc[because]))
        rows.append(row)
    if json:
        print_json({"run": serving.run_id, "user": user, "k": k, "items": rows})
    else:
        print_table(rows, ("rank", "item_id", "title", "score", "reason"))


def _history(data: Dataset, text: str | None, path: Path | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Item rows and values of a history given as text or file."""
    if path is not None:
        return _history_in(data, read_table(path, name=path.name))
    pairs = [_pair(data, part.strip()) for part in (text or "").split(",") if part.strip()]
    rows = data.item_rows([item for item, _value in pairs]) if pairs else np.empty(0, np.int64)
    values = pd.to_numeric(pd.Series([value for _item, value in pairs if value]), errors="coerce")
    if not np.isfinite(values).all():
        raise DataError(what=_("a value is not a number"), where="--history", remedy=_("write item:4.5"))
    return rows, values.to_numpy(np.float64) if len(values) == len(rows) and len(rows) else None


def _history_in(data: Dataset, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
    """Item rows and values of a history file; values count only where every row has one."""
    item_column = next((name for name in (ITEM, "item") if name in table), None) or (
        table.columns[0] if len(table.columns) < 3 else guess_columns(table).item
    )
    value_column = next((name for name in ("value", "rating") if name in table), None)
    rows = rows_of(table, item_column, data.item_vocabulary, data.words.item)
    values = numbers(table, value_column).to_numpy() if value_column else np.array([np.nan])
    return rows, values if np.isfinite(values).all() else None


def _pair(data: Dataset, part: str) -> tuple[str, str]:
    """`item` or `item:value`; an id may itself hold a colon."""
    if data.item_vocabulary.rows(part)[0] >= 0:
        return part, ""
    item, colon, value = part.rpartition(":")
    return (item, value) if colon else (part, "")


def _everybody(serving: Serving, k: int, rerank: Setting, to: Path | None) -> None:
    if to is None:
        raise ParamError(
            what=_("there is no file to write"), where="--to", remedy=_("give --to FILE.parquet")
        )
    users = serving.data.words.users
    report = at_most_every(
        PROGRESS_SECONDS, lambda event: print(progress(event, users)[1], file=sys.stderr, flush=True)
    )
    _write(to, lambda: write_lists(serving, to, k=k, rerank=rerank, report=report))


def predict(
    run: str,
    pairs: Annotated[Path, typer.Option(help=_("CSV with the user and the item column"))],
    to: Annotated[Path, typer.Option(help=_("CSV to write: the pairs and `score`"))],
) -> None:
    """One score a row."""
    opened = open_run(run)
    data, scorer = opened.dataset(), opened.scorer()
    if not scorer.can.ratings and not scorer.can.ranking:
        raise NotSupported(
            what=_("it cannot score pairs"), where=run, remedy=_("choose another run: see 'runs'")
        )
    table = read_table(pairs, name=pairs.name)
    mapping = guess_columns(table)
    users = rows_of(table, mapping.user, data.user_vocabulary, data.words.user)
    items = rows_of(table, mapping.item, data.item_vocabulary, data.words.item)
    scores = scorer.score(users, items)
    text = table.assign(score=scores).to_csv(index=False)
    _write(to, lambda: files.write_bytes(to, text.encode("utf-8")))


def _write(path: Path, write: Any) -> None:
    if path.is_dir():
        raise DataError(what=_("it is a folder"), where=str(path), remedy=_("give the name of a file"))
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise DataError(
            what=_("the folder is not there or not writable"),
            where=str(path.parent),
            remedy=_("make it, or write somewhere else"),
        )
    write()


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command()(recommend)
    app.command()(predict)
