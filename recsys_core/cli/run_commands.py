"""Commands about runs: models, train, runs, show, cancel, delete, evaluate, work, dispatch."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, TextIO

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.files_in import Columns, dataset_from_files, given_name
from recsys_core.cli.output import actor, chatter_to, print_json, print_table
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset, open_dataset
from recsys_core.errors import DataError, ParamError
from recsys_core.evaluation.evaluate import evaluate as judge
from recsys_core.evaluation.ranking import check_k
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import parse_assignments
from recsys_core.runs import CANCELLED, FAILED, Run, create_run, delete_run, list_runs, open_run
from recsys_core.training.jobs import configure
from recsys_core.training.worker import quiet_tensorflow, work


def models(json: Json = False) -> None:
    """Every model, its parameters, their ranges and defaults."""
    rows = [_model_row(one) for one in registry.MODELS]
    if json:
        print_json({"models": rows})
        return
    print_table(rows, ("name", "what"))
    for row in rows:
        for param in row["params"]:
            allowed = ", ".join(param["choices"]) or f"{param['low']:g}..{param['high']:g}"
            print(f"  {row['name']}.{param['name']} = {param['default']} ({allowed}): {param['help']}")


def _model_row(one: registry.ModelSpec) -> dict[str, Any]:
    fields = ("name", "kind", "default", "low", "high", "choices", "log")
    params = [
        {**{field: getattr(param, field) for field in fields}, "help": _(param.help)}
        for param in registry.params_of(one.name)
    ]
    kinds = [kind.value for kind in registry.kinds_of(one.name)]
    return {
        "name": one.name,
        "title": _(one.title),
        "what": _(one.what),
        "network": one.network,
        "kinds": kinds,
        "params": params,
    }


def train(
    model: Annotated[str, typer.Option(help=_("a name from 'models'"))],
    data: Annotated[str | None, typer.Option(help=_("name of a data set"))] = None,
    train_file: Annotated[Path | None, typer.Option("--train", help=_("your own training file"))] = None,
    test_file: Annotated[Path | None, typer.Option("--test", help=_("your own test file"))] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_("key=value, again for more"))] = None,
    split: Annotated[str | None, typer.Option(help=_("user-random[:share], last[:n] or given"))] = None,
    seed: Annotated[int, typer.Option(help=_("seed of the model"), min=0, max=2**31 - 1)] = 0,
    split_seed: Annotated[int, typer.Option(help=_("seed of the split"), min=0, max=2**31 - 1)] = 42,
    k: Annotated[int, typer.Option(help=_("length of the judged lists"))] = 10,
    name: Annotated[str, typer.Option(help=_("a name for the run"))] = "",
    user: Annotated[str | None, typer.Option()] = None,
    item: Annotated[str | None, typer.Option()] = None,
    value: Annotated[str | None, typer.Option()] = None,
    time: Annotated[str | None, typer.Option()] = None,
    users: Annotated[Path | None, typer.Option()] = None,
    items: Annotated[Path | None, typer.Option()] = None,
    kind: Annotated[str | None, typer.Option()] = None,
    json: Json = False,
) -> None:
    """Train one model here, in this terminal, and judge it."""
    registry.spec(model)
    columns = Columns(user, item, value, time, users, items, kind)
    dataset, protocol = _data_and_split(data, train_file, test_file, split, columns)
    spec = SplitSpec.parse(protocol, seed=split_seed)
    assigned = parse_assignments(settings or [])
    config = configure(
        dataset, model, actor=actor(), settings=assigned, split=spec, seed=seed, k=k, name=name
    )
    if data is None:
        keep_dataset(dataset, actor=actor())  # now that nothing can be refused any more
    if registry.spec(model).network:
        quiet_tensorflow()
    run = create_run(config)
    try:
        with chatter_to(run.folder / "log.txt") as terminal, _ctrl_c_asks(run) as asked:
            work(run, watch=None if json else partial(_print_progress, terminal))
    except KeyboardInterrupt:
        run.set_state(CANCELLED)
        raise
    if asked:
        if run.has_model:
            print(_("run {id} keeps its best epoch").format(id=run.id), file=sys.stderr)
        raise KeyboardInterrupt
    _finish(run, json)


@contextmanager
def _ctrl_c_asks(run: Run) -> Iterator[list[int]]:
    """Ctrl-C asks the run to stop, so that it keeps its best epoch; a second one ends it at once.

    Yields a list that is no longer empty once somebody pressed it. TensorFlow may crash when an exception
    cuts into it, so nothing is raised while it computes.
    """
    pressed: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        pressed.append(number)
        with suppress(DataError):  # it may have ended just now
            run.cancel(actor=actor())

    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, ask)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _data_and_split(
    data: str | None, train_file: Path | None, test_file: Path | None, split: str | None, columns: Columns
) -> tuple[Dataset, str]:
    if (data is None) == (train_file is None) or (train_file is None) != (test_file is None):
        raise ParamError(
            what=_("it is not clear what to train on"),
            where="train",
            remedy=_("give --data NAME, or both --train FILE and --test FILE"),
        )
    if data is not None:
        return open_dataset(data), split or "user-random"
    assert train_file is not None and test_file is not None
    if split not in (None, "given"):
        raise ParamError(
            what=_("two files are a split already"), where="--split", remedy=_("leave --split out")
        )
    made = dataset_from_files("given", train_file, columns, test=test_file)
    return made.renamed(given_name(made)), "given"


def _print_progress(terminal: TextIO, event: dict[str, Any]) -> None:
    if event["type"] == "epoch":
        figures = "  ".join(
            f"{key} {event[key]:.4g}" for key in event if key == "loss" or key.startswith("valid_")
        )
        print(f"{event['phase']} {event['epoch']}/{event['of']}  {figures}", file=terminal)
    elif event["type"] == "phase":
        print(event["phase"], file=terminal)


def _finish(run: Run, json: bool) -> None:
    status = run.status
    if status["state"] == FAILED:
        raise ParamError(
            what=status["error"],
            where=_("run {id}").format(id=run.id),
            remedy=_("'show {id}' tells more").format(id=run.id),
        )
    row = run_row(run)
    if json:
        print_json(row)
        return
    print(_("run {id}: {state}").format(id=run.id, state=status["state"]))
    table = [
        {
            "metric": name,
            "value": value,
            "from": row["ci"].get(name, [None] * 2)[0],
            "to": row["ci"].get(name, [None] * 2)[1],
        }
        for name, value in row["metrics"].items()
    ]
    print_table(table, ("metric", "value", "from", "to"))


def run_row(run: Run) -> dict[str, Any]:
    """A run as `train --json` prints it."""
    config, status = run.config, run.status
    measured: dict[str, Any] = {"metrics": {}, "ci": {}}
    error = status.get("error")
    if run.has_model:
        try:
            measured = run.measured()
        except DataError as problem:  # of one run: the list of all goes on
            error = str(problem)
    return {
        "run": run.id,
        "name": config.name,
        "status": status["state"],
        "model": config.model,
        "dataset": config.dataset,
        "split": config.split,
        "split_seed": config.split_seed,
        "seed": config.seed,
        "settings": dict(config.settings),
        "epochs": status.get("epochs", 0),
        "metrics": measured["metrics"],
        "ci": measured["ci"],
        "seconds": status.get("seconds", {}),
        "peak_rss_mb": status.get("peak_rss_mb"),
        "error": error,
    }


def runs(json: Json = False) -> None:
    """Every run, newest first."""
    rows = [run_row(run) for run in list_runs()]
    if json:
        print_json({"runs": rows})
        return
    for row in rows:
        row["ndcg"] = next(
            (value for name, value in row["metrics"].items() if name.startswith("ndcg@")), None
        )
        row["rmse"] = row["metrics"].get("rmse")
    print_table(rows, ("run", "status", "model", "dataset", "split", "ndcg", "rmse"))


def show(run: str, json: Json = False) -> None:
    """One run, whole."""
    row = run_row(open_run(run))
    if json:
        print_json(row)
    else:
        print_table([{"field": key, "value": str(value)} for key, value in row.items()], ("field", "value"))


def cancel(run: str) -> None:
    """Stop a run; the best epoch so far is kept."""
    open_run(run).cancel(actor=actor())


def delete(run: str) -> None:
    """Remove a run that is not at work."""
    delete_run(run, actor=actor())


def evaluate(
    run: str, k: Annotated[int, typer.Option(help=_("length of the judged lists"))] = 10, json: Json = False
) -> None:
    """Judge a run again, at any k; the stored figures stay as they are."""
    opened = open_run(run)
    data = opened.dataset()
    judged = judge(opened.scorer(), opened.split(data), k=check_k(k, data.n_items))
    row = {"run": opened.id, "k": k, "metrics": judged.metrics, "ci": judged.ci}
    if json:
        print_json(row)
    else:
        print_table(
            [{"metric": name, "value": value} for name, value in judged.metrics.items()], ("metric", "value")
        )


def work_command(run: Annotated[str | None, typer.Argument()] = None, spare: bool = False) -> None:
    """The worker process: make one queued run, or wait warm for one."""
    from recsys_core.training.dispatcher import wait_as_spare

    if spare:
        wait_as_spare()
    elif run is None:
        raise ParamError(
            what=_("it is not clear which run to work on"), where="work", remedy=_("give the id of a run")
        )
    else:
        quiet_tensorflow()
        work(open_run(run))


def dispatch() -> None:
    """The dispatcher process: drains the queue until no app is left."""
    from recsys_core.training.dispatcher import dispatch as run_dispatcher

    run_dispatcher()


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    for function in (models, train, runs, show, cancel, delete, evaluate):
        app.command()(function)
    app.command("work", hidden=True)(work_command)
    app.command("dispatch", hidden=True)(dispatch)
