"""Commands that judge another system's scores: export-split gives it the rows, import-scores takes what it made of them."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from recsys_core import files
from recsys_core.cli.data_commands import Json
from recsys_core.cli.fetching import progress_of
from recsys_core.cli.files_in import Columns
from recsys_core.cli.output import actor, print_json, print_table
from recsys_core.cli.run_commands import Fingerprint, data_and_split
from recsys_core.cli.working import print_figures, run_row
from recsys_core.data.dataset import Dataset
from recsys_core.data.score_file import MOST_MB, ScoreColumns, find_columns, score_table
from recsys_core.data.split_files import write_split
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.store import delete_dataset, is_kept, keep_dataset, open_dataset
from recsys_core.data.tables import read_table
from recsys_core.errors import DataError, ParamError, RecsysError
from recsys_core.evaluation.meanings import judging
from recsys_core.evaluation.submitted import Submitted
from recsys_core.i18n import _
from recsys_core.replay import check_fingerprint
from recsys_core.runs import Run
from recsys_core.training.imported import configured
from recsys_core.training.imported import import_scores as judged

SplitText = Annotated[
    str | None, typer.Option(help=_("user-random[:share], random[:share], last[:n] or given"))
]
SplitSeed = Annotated[int, typer.Option(help=_("seed of the split"), min=0, max=2**31 - 1)]


def import_scores(
    file: Annotated[
        Path, typer.Argument(help=_("users, items and scores or ranks: text, gzip, zip or Parquet"))
    ],
    name: Annotated[str, typer.Option(help=_("what to call the run"))],
    data: Annotated[str | None, typer.Option(help=_("name of a data set"))] = None,
    split: SplitText = None,
    split_seed: SplitSeed = 42,
    train_file: Annotated[Path | None, typer.Option("--train", help=_("your own training file"))] = None,
    test_file: Annotated[Path | None, typer.Option("--test", help=_("your own test file"))] = None,
    k: Annotated[int, typer.Option(help=_("length of the judged lists"))] = 10,
    fingerprint: Fingerprint = None,
    user: Annotated[
        str | None, typer.Option(help=_("column of the user id, in every file that is given"))
    ] = None,
    item: Annotated[
        str | None, typer.Option(help=_("column of the item id, in every file that is given"))
    ] = None,
    score: Annotated[str | None, typer.Option(help=_("column of the score: higher is better"))] = None,
    rank: Annotated[str | None, typer.Option(help=_("column of the rank: 1 is best"))] = None,
    ratings: Annotated[
        bool, typer.Option("--ratings", help=_("the scores are predicted ratings: judge these too"))
    ] = False,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help=_("leave out users and items that the data do not have"))
    ] = False,
    value: Annotated[str | None, typer.Option(help=_("of --train and --test: the rating or count"))] = None,
    time_column: Annotated[
        str | None, typer.Option("--time", help=_("of --train and --test: the time"))
    ] = None,
    kind: Annotated[str | None, typer.Option(help=_("of --train and --test: rating or implicit"))] = None,
    called: Annotated[str, typer.Option(hidden=True, help=_("the file's own name, for messages"))] = "",
    json: Json = False,
    events: Annotated[bool, typer.Option(hidden=True, help=_("events as JSON lines, for the app"))] = False,
) -> None:
    """Judge another system's scores as a run: the same split, the same figures, beside every model."""
    started = time.perf_counter()
    if not name.strip():
        raise ParamError(
            what=_("the run needs a name"), where="--name", remedy=_("name the system, e.g. --name lightfm")
        )
    asked = _asked(user, item, score, rank)
    table = read_table(file, name=called or file.name, max_mb=MOST_MB)
    columns = find_columns(table, asked)
    own = Columns(user, item, value, time_column, kind=kind)
    dataset, protocol = data_and_split(data, train_file, test_file, split, own)
    check_fingerprint(dataset, fingerprint)
    spec = SplitSpec.parse(protocol, seed=split_seed)
    rows = score_table(table, dataset, columns, skip_unknown=skip_unknown)
    submitted = Submitted(rows, make_split(dataset, spec), ratings=ratings, k=k)
    config = configured(
        submitted, file=(called or file.name)[:80], sha256=files.sha256_of(file), name=name, actor=actor()
    )
    new_data = data is None and not is_kept(dataset.name)
    if new_data:
        keep_dataset(dataset, actor=actor())  # now that nothing can be refused any more
    try:
        with progress_of(events=events, words=judging) as report:
            run, new = judged(
                submitted,
                config,
                seconds=time.perf_counter() - started,
                report=lambda share: report({"status": "ranking", "share": share}),
            )
            if events:
                report({"status": "done", "share": 1.0, "run": run.id, "new": new})
    except BaseException:
        if new_data:
            with suppress(RecsysError):
                delete_dataset(dataset.name, actor=actor())
        raise
    if not events:
        _tell(run, new, submitted.remarks(), json)


def _asked(user: str | None, item: str | None, score: str | None, rank: str | None) -> ScoreColumns:
    if score is not None and rank is not None:
        raise ParamError(
            what=_("a file is judged by its scores or by its ranks"),
            where="--rank",
            remedy=_("give --score COL or --rank COL, not both"),
        )
    return ScoreColumns(user, item, score if score is not None else rank, rank is not None)


def _tell(run: Run, new: bool, remarks: list[str], json: bool) -> None:
    row: dict[str, Any] = run_row(run)
    if json:
        print_json({**row, "new": new, "notes": remarks})
        return
    if not new:
        print(_("the same file was judged on this split before"))
    print(*remarks, sep="\n", end="\n" if remarks else "")
    print(_("run {id}: {state}").format(id=run.id, state=row["status"]))
    print_figures(row)


def export_split(
    data: Annotated[str, typer.Option(help=_("name of a data set"))],
    to: Annotated[Path, typer.Option(help=_("folder for train.csv and test.csv"))],
    split: SplitText = None,
    split_seed: SplitSeed = 42,
    json: Json = False,
) -> None:
    """Write the rows of a split, for another system to learn from: ids as in the files."""
    dataset: Dataset = open_dataset(data)
    spec = SplitSpec.parse(split or "user-random", seed=split_seed)
    if to.exists() and not to.is_dir():
        raise DataError(what=_("it is a file"), where=str(to), remedy=_("give the name of a folder"))
    counts = write_split(make_split(dataset, spec), to)
    if json:
        print_json({"data": data, "split": str(spec), "split_seed": spec.seed, "rows": counts})
    else:
        print_table([{"file": name, "rows": n} for name, n in counts.items()], ("file", "rows"))


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("import-scores")(import_scores)
    app.command("export-split")(export_split)
