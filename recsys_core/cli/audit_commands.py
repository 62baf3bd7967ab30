"""The command audit: what a split really tests, and what becomes of a model under each split."""

from __future__ import annotations

from contextlib import redirect_stderr
from typing import Annotated, Any

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.fetching import progress_of
from recsys_core.cli.output import actor, chatter_to, print_json, print_table
from recsys_core.data.split_audit import audit as audit_split
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.store import open_dataset
from recsys_core.errors import ParamError
from recsys_core.i18n import _
from recsys_core.params import parse_assignments
from recsys_core.scenarios.split_auditor import Auditing, Figure
from recsys_core.scenarios.split_auditor_store import FOLDER, made_auditing
from recsys_core.scenarios.split_verdict import answers, auditing, readings
from recsys_core.training.worker import quiet_tensorflow
from recsys_core.workspace import subfolder


def audit(
    data: Annotated[str, typer.Option(help=_("name of a data set"))],
    split: Annotated[
        str | None, typer.Option(help=_("PROTOCOL[:amount]; user-random where none is given"))
    ] = None,
    split_seed: Annotated[int, typer.Option(help=_("seed of the split"))] = 42,
    model: Annotated[
        str | None, typer.Option(help=_("a name from 'models': it is trained under every split"))
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_("key=value, again for more"))] = None,
    seed: Annotated[int, typer.Option(help=_("seed of the model"), min=0, max=2**31 - 1)] = 0,
    k: Annotated[int, typer.Option(help=_("length of the judged lists"))] = 10,
    json: Json = False,
    events: Annotated[bool, typer.Option(hidden=True, help=_("events as JSON lines, for the app"))] = False,
) -> None:
    """What a split of the data really tests; with --model, what is left of its figure under each split."""
    if model is None:
        _one_split(data, SplitSpec.parse(split or "user-random", seed=split_seed), json)
        return
    if split is not None:
        raise ParamError(
            what=_("with --model every split is tried"), where="--split", remedy=_("leave --split out")
        )
    asked, opened = parse_assignments(settings or []), open_dataset(data)
    quiet_tensorflow()
    with (
        chatter_to(subfolder(FOLDER) / "log.txt") as terminal,
        redirect_stderr(terminal),
        progress_of(events=events, words=auditing) as report,
    ):
        report({"status": "started", "share": 0.0})
        found = made_auditing(opened, model, settings=asked, k=k, seed=seed, actor=actor(), report=report)
        if events:
            report({"status": "done", "share": 1.0})
    if json:
        print_json({"data": data, **found.as_dict(), "answers": answers(found, opened.words)})
    elif not events:
        _print(found)
        print("\n" + "\n".join(answers(found, opened.words)))
        for name, told in readings(found, opened.words):
            print(f"{name}: {told}")


def _one_split(data: str, spec: SplitSpec, json: bool) -> None:
    made = make_split(open_dataset(data), spec)
    found = {"data": data, "split": str(made.spec), **audit_split(made).as_dict()}
    if json:
        print_json(found)
        return
    rows = [{"field": name, "value": value} for name, value in found.items() if name != "flags"]
    print_table(rows, ("field", "value"))
    _print_flags(found)


def _print_flags(found: dict[str, Any]) -> None:
    for flag in found["flags"]:
        print(f"[{flag['severity']}] {flag['sentence']}")


def _print(found: Auditing) -> None:
    rows = [_row(one, found.metric) for one in found.figures]
    print_table(rows, tuple(rows[0]))


def _row(one: Figure, metric: str) -> dict[str, Any]:
    side, known, audited = one.everybody, one.known, one.audit
    return {
        "split": one.split,
        metric: side.model.mean,
        "from": side.model.low,
        "to": side.model.high,
        "popularity": side.popularity.mean,
        "lead": side.lead.mean,
        "lead from": side.lead.low,
        "lead to": side.lead.high,
        "judged": side.judged,
        "new": one.new,
        "of known": known.model.mean if known else None,
        "popularity of known": known.popularity.mean if known else None,
        "pairs in both": audited.pairs_in_both,
        "before own": audited.test_before_train,
        "before any": audited.test_before_any_train,
        "clean": audited.clean,
    }


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command()(audit)
