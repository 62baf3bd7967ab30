"""Commands about studies: tune, studies, and the hidden process that works on one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.output import actor, print_json, print_table
from recsys_core.cli.searching import print_plan, search_here, study_row
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import open_dataset
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import parse_assignments
from recsys_core.training.search_space import parse_range
from recsys_core.training.spare import be_nice
from recsys_core.training.studies import configure_study, create_study, list_studies, open_study
from recsys_core.training.study_config import BAYES, DEFAULT_TRIALS


def tune(
    data: Annotated[str, typer.Option(help=_("name of a data set"))],
    model: Annotated[str, typer.Option(help=_("a name from 'models'"))],
    method: Annotated[str, typer.Option(help=_("grid, random or bayes"))] = BAYES,
    trials: Annotated[int, typer.Option(help=_("settings to try, at most"))] = DEFAULT_TRIALS,
    metric: Annotated[str, typer.Option(help=_("figure on validation rows, e.g. ndcg@10 or rmse"))] = "",
    ranges: Annotated[
        list[str] | None,
        typer.Option("--range", help=_("name=low..high[:log|:step] or name=a,b,c; again for more")),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help=_("key=value that every trial shares; again for more"))
    ] = None,
    split: Annotated[str, typer.Option(help=_("as for 'train'"))] = "user-random",
    seed: Annotated[int, typer.Option(help=_("seed of models and draws"), min=0, max=2**31 - 1)] = 0,
    split_seed: Annotated[int, typer.Option(help=_("seed of the split"), min=0, max=2**31 - 1)] = 42,
    k: Annotated[int | None, typer.Option(help=_("length of the judged lists"))] = None,
    minutes: Annotated[float | None, typer.Option(help=_("begin no trial after so many minutes"))] = None,
    workers: Annotated[int, typer.Option(help=_("processes side by side"))] = 1,
    name: Annotated[str, typer.Option(help=_("a name for the study"))] = "",
    json: Json = False,
) -> None:
    """Search the settings of a model on validation rows; the best are measured once on test."""
    registry.learner(model)
    config = configure_study(
        open_dataset(data),
        model,
        method=method,
        actor=actor(),
        n_trials=trials,
        minutes=minutes,
        metric=metric,
        split=SplitSpec.parse(split, seed=split_seed),
        fixed=parse_assignments(settings or []),
        ranges=[parse_range(text, model) for text in ranges or []],
        seed=seed,
        k=k if k is not None else _k_of(metric),
        name=name,
        workers=workers,
    )
    study = create_study(config)
    if not json:
        print_plan(study)
    search_here(study, json)


def _k_of(metric: str) -> int:
    """The length of the lists that a metric names, else 10."""
    at = metric.partition("@")[2]
    return int(at) if at.isdecimal() and len(at) < 6 else 10


def studies(json: Json = False) -> None:
    """Every study, newest first."""
    rows = [_summary(study_row(study)) for study in list_studies()]
    if json:
        print_json({"studies": rows})
    else:
        print_table(rows, ("study", "status", "model", "dataset", "method", "metric", "tried", "of", "value"))


def _summary(row: dict[str, Any]) -> dict[str, Any]:
    best = row.pop("best")
    left_out = {"trials", "shrinkage", "words"}
    return {key: value for key, value in row.items() if key not in left_out} | {
        "value": best["value"] if best else None,
        "settings": best["settings"] if best else None,
    }


def search_command(study: str, share: bool = False) -> None:
    """The process of a study: look after it, or take a share in it."""
    from recsys_core.training import search, search_final

    opened = open_study(study)
    if share:
        raise typer.Exit(search.share(opened))
    be_nice()
    search.search(opened, then=lambda one: search_final.finish(one, actor=opened.config.actor))


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command()(tune)
    app.command()(studies)
    app.command("search", hidden=True)(search_command)
