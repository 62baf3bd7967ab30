"""Commands about runs: models, train, runs, show, cancel, delete, evaluate."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from recsys_core.bundles.waiting import came_from, waits_for
from recsys_core.cli.data_commands import Json
from recsys_core.cli.files_in import Columns, dataset_from_files, given_name
from recsys_core.cli.output import actor, print_json, print_table
from recsys_core.cli.searching import print_study, study_row
from recsys_core.cli.working import run_row, work_here
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset, open_dataset
from recsys_core.errors import ParamError, RecsysError
from recsys_core.evaluation.evaluate import evaluate as judge
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import parse_assignments
from recsys_core.ranking.top_k import check_k
from recsys_core.replay import Replay, check_fingerprint, replay_of
from recsys_core.run_config import RunConfig
from recsys_core.runs import Run, create_run, list_runs, open_run
from recsys_core.scenarios.alarms import Checked, checked
from recsys_core.training.estimate import estimate
from recsys_core.training.jobs import configure
from recsys_core.training.studies import Study, find_job

Fingerprint = Annotated[
    str | None, typer.Option(help=_("refuse data whose fingerprint does not begin so; 'show' writes it"))
]


def models(json: Json = False) -> None:
    """Every model, its parameters, their ranges and defaults; then those of installed packages that cannot be used."""
    rows = [_model_row(one) for one in registry.known()]
    if json:
        print_json({"models": rows, "left_out": [asdict(one) for one in registry.left_out()]})
        return
    print_table([{**row, "what": _marked(row)} for row in rows], ("name", "what"))
    for row in rows:
        for param in row["params"]:
            allowed = ", ".join(param["choices"]) or f"{param['low']:g}..{param['high']:g}"
            if param["kind"] == "runs":
                allowed = _("ids of runs, with commas")
            elif param["kind"] == "run":
                allowed = _("id of a run")
            print(f"  {row['name']}.{param['name']} = {param['default']} ({allowed}): {param['help']}")
    for one in registry.left_out():
        print(one.sentence)


def _marked(row: dict[str, Any]) -> str:
    """What a model is, and of a model of one's own whose it is."""
    if not row["package"]:
        return str(row["what"])
    return _("{what} (your own, from {package})").format(what=row["what"], package=row["package"])


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
        "package": one.package,
        "params": params,
    }


def train(
    model: Annotated[str, typer.Option(help=_("a name from 'models'"))],
    data: Annotated[str | None, typer.Option(help=_("name of a data set"))] = None,
    train_file: Annotated[Path | None, typer.Option("--train", help=_("your own training file"))] = None,
    test_file: Annotated[Path | None, typer.Option("--test", help=_("your own test file"))] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_("key=value, again for more"))] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help=_("user-random[:share], random[:share], last[:n], time[:share], cold-user[:n] or given")
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help=_("seed of the model"))] = 0,
    split_seed: Annotated[int, typer.Option(help=_("seed of the split"), min=0, max=2**31 - 1)] = 42,
    k: Annotated[int, typer.Option(help=_("length of the judged lists"))] = 10,
    name: Annotated[str, typer.Option(help=_("a name for the run"))] = "",
    fingerprint: Fingerprint = None,
    user: Annotated[str | None, typer.Option()] = None,
    item: Annotated[str | None, typer.Option()] = None,
    value: Annotated[str | None, typer.Option()] = None,
    time: Annotated[str | None, typer.Option()] = None,
    users: Annotated[Path | None, typer.Option()] = None,
    items: Annotated[Path | None, typer.Option()] = None,
    kind: Annotated[str | None, typer.Option()] = None,
    dry_run: Annotated[
        bool, typer.Option(help=_("only say how long it would take and whether it fits"))
    ] = False,
    json: Json = False,
) -> None:
    """Train one model here, in this terminal, and judge it."""
    registry.learner(model)
    columns = Columns(user, item, value, time, users, items, kind)
    dataset, protocol = data_and_split(data, train_file, test_file, split, columns)
    check_fingerprint(dataset, fingerprint)
    spec = SplitSpec.parse(protocol, seed=split_seed)
    assigned = parse_assignments(settings or [])
    config = configure(
        dataset, model, actor=actor(), settings=assigned, split=spec, seed=seed, k=k, name=name
    )
    if dry_run:
        _print_estimate(config, dataset, json)
        return
    if data is None:
        keep_dataset(dataset, actor=actor())  # now that nothing can be refused any more
    work_here(create_run(config), json)


def _print_estimate(config: RunConfig, data: Dataset, json: bool) -> None:
    """What the run would need; with --json as one object."""
    found = estimate(data, config.model, settings=config.settings, split=config.split_spec)
    if json:
        print_json({"model": config.model, "dataset": config.dataset, "estimate": found.to_json()})
        return
    for line in (found.sentence, found.basis, *found.warnings):
        print(line)


def data_and_split(
    data: str | None, train_file: Path | None, test_file: Path | None, split: str | None, columns: Columns
) -> tuple[Dataset, str]:
    """The data set that the options name, or the one that two files make (not kept yet), and the text of its split."""
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
        row["made"] = _("elsewhere") if row["origin"] else _("here")
    print_table(rows, ("run", "status", "model", "dataset", "split", "ndcg", "rmse", "made"))


def show(run: str, json: Json = False) -> None:
    """One run, whole, with the alarms about it; or one study with its trials."""
    opened = find_job(run)
    if isinstance(opened, Study):
        print_json(study_row(opened)) if json else print_study(study_row(opened))
        return
    row, found, replay = run_row(opened), _checked(opened), replay_of(opened)
    if json:
        alarms, checks = (found.alarms, found.checks) if found is not None else ((), ())
        row |= {"alarms": [asdict(one) for one in alarms], "checks": [asdict(one) for one in checks]}
        before = [{"run": run_id, "line": line} for run_id, line in replay.before]
        print_json(row | {"replay": {"line": replay.line, "before": before, "notes": replay.notes}})
        return
    print_table([{"field": key, "value": str(value)} for key, value in row.items()], ("field", "value"))
    for sentence in filter(None, (came_from(opened), waits_for(opened))):
        print(sentence)
    _print_replay(replay)
    if found is not None:
        for alarm in found.alarms:
            print(_("alarm: {title}. {sentence}").format(title=alarm.title, sentence=alarm.sentence))
            print(_("what to do: {remedy}").format(remedy=alarm.remedy))
        if not found.alarms:
            print(_("no alarm: checked {n} things").format(n=found.n_looked))


def _print_replay(replay: Replay) -> None:
    print(_("the same run again:"), replay.line, sep="\n")
    for run_id, line in replay.before:
        print(_("it names run {id}; where that is not there, first:").format(id=run_id), line, sep="\n")
    print(*replay.notes, sep="\n", end="\n" if replay.notes else "")


def _checked(run: Run) -> Checked | None:
    """The checks of a run; None where there is nothing to check: a floor, no results, or data that are gone."""
    try:
        return checked(run, run.dataset()) if run.has_model else None
    except RecsysError:
        return None


def cancel(run: str) -> None:
    """Stop a run, whose best epoch so far is kept, or a study, whose trials are."""
    find_job(run).cancel(actor=actor())


def delete(run: str) -> None:
    """Remove a run or a study that is not at work."""
    find_job(run).remove(actor=actor())


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
