"""The commands about attributes: worth measures one, worths lists what was measured."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr
from typing import Annotated, Any

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.fetching import progress_of
from recsys_core.cli.output import chatter_to, print_json, print_table
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import open_dataset
from recsys_core.evaluation.meanings import title
from recsys_core.evaluation.worth import ARMS
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import parse_assignments
from recsys_core.scenarios.worth import Worth, kept_worths, made_worth
from recsys_core.scenarios.worth_told import gain_said, measuring, reason, sentence
from recsys_core.training.worker import quiet_tensorflow
from recsys_core.training.worth import SEEDS, ask
from recsys_core.workspace import subfolder


def worth(
    data: Annotated[str, typer.Option(help=_("name of a data set"))],
    attribute: Annotated[str, typer.Option(help=_("a column, as items.genres or genres"))],
    model: Annotated[str, typer.Option(help=_("a model that reads attributes"))] = "two_tower",
    split: Annotated[
        str, typer.Option(help=_("a split protocol; cold-item judges on new items"))
    ] = "user-random",
    split_seed: Annotated[int, typer.Option(help=_("seed of the split"), min=0, max=2**31 - 1)] = 42,
    seeds: Annotated[int, typer.Option(help=_("trainings of each arm, one a seed"))] = SEEDS,
    k: Annotated[int, typer.Option(help=_("length of the judged lists"))] = 10,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_("key=value, again for more"))] = None,
    json: Json = False,
    events: Annotated[bool, typer.Option(hidden=True, help=_("events as JSON lines, for the app"))] = False,
) -> None:
    """What an attribute is worth to a model: with it, without it, and shuffled, on validation rows."""
    opened = open_dataset(data)
    question = ask(
        opened,
        model,
        attribute,
        split=SplitSpec.parse(split, seed=split_seed),
        settings=parse_assignments(settings or []),
        k=k,
        seeds=seeds,
    )
    question.judged_on()
    quiet_tensorflow()
    with (
        chatter_to(subfolder("worth") / "log.txt") as terminal,
        redirect_stderr(terminal),
        progress_of(events=events, words=measuring) as report,
    ):
        found = made_worth(question, report=report)
        if events:
            report({"status": "done", "share": 1.0})
    if json:
        print_json(found.as_json())
    elif not events:
        print(sentence(found, _(registry.spec(model).title), opened.words))
        print_table([_arm(found, arm) for arm in ARMS], ("arm", "mean", "from", "to", "better with it by"))
        told = _("{reason} Judged on the validation rows of {n} users; test was not touched.")
        print(told.format(reason=reason(found), n=found.n_users), file=sys.stderr)


def _arm(found: Worth, arm: str) -> dict[str, Any]:
    against = found.against.get(arm)
    low, high = found.whiskers[arm]
    row = {"arm": arm, "mean": found.mean(arm), "from": low, "to": high}
    return row | ({"better with it by": gain_said(against)} if against else {})


def worths(data: Annotated[str, typer.Option(help=_("name of a data set"))], json: Json = False) -> None:
    """Every measured worth on a data set, newest first."""
    found = kept_worths(open_dataset(data).fingerprint)
    if json:
        print_json({"worths": [one.as_json() for one in found]})
        return
    rows = [
        {
            **{name: one.about[name] for name in ("attribute", "model", "split", "seeds")},
            "verdict": one.verdict,
            "metric": title(one.metric),
            **{f"than {arm}": gain_said(against) for arm, against in one.against.items()},
        }
        for one in found
    ]
    columns = ("attribute", "model", "split", "seeds", "verdict", "metric", "than without", "than shuffled")
    print_table(rows, columns)


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command()(worth)
    app.command()(worths)
