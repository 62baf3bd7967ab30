"""Commands about runs: models, train, runs, show, cancel, delete, evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.files_in import Columns, dataset_from_files, given_name
from recsys_core.cli.output import actor, print_json, print_table
from recsys_core.cli.working import run_row, work_here
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset, open_dataset
from recsys_core.errors import ParamError
from recsys_core.evaluation.evaluate import evaluate as judge
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import parse_assignments
from recsys_core.ranking.top_k import check_k
from recsys_core.runs import create_run, delete_run, list_runs, open_run
from recsys_core.training.jobs import configure


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
            if param["kind"] == "runs":
                allowed = _("ids of runs, with commas")
            elif param["kind"] == "run":
                allowed = _("id of a run")
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
    split: Annotated[
        str | None, typer.Option(help=_("user-random[:share], random[:share], last[:n] or given"))
    ] = None,
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
    work_here(create_run(config), json)


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


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    for function in (models, train, runs, show, cancel, delete, evaluate):
        app.command()(function)
