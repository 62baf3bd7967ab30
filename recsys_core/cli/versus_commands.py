"""The command that sets one run against another: versus."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.output import print_json, print_table
from recsys_core.i18n import _
from recsys_core.runs import Run, open_run
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import run_title
from recsys_core.scenarios.versus import Versus, both_lists, sentence
from recsys_core.scenarios.versus import versus as compare

PEOPLE = ("user_id", "before", "after", "change")


def versus(
    run_a: str,
    run_b: str,
    metric: Annotated[str, typer.Option(help=_("a figure of each user, such as ndcg@10"))] = "",
    json: Json = False,
) -> None:
    """From run A to run B: who gains and who loses, and what the hardest hit see instead."""
    before, after = open_run(run_a), open_run(run_b)
    data = after.dataset()
    split = after.split(data)
    found = compare(Judged.of(before, data, split), Judged.of(after, data, split), metric)
    if json:
        print_json(_told(before, after, found))
        return
    print(sentence(found, _named(before), _named(after)))
    groups = [found.gains.groups.assign(attribute=_("activity")), found.attributes]
    table = pd.concat([one for one in groups if len(one)], ignore_index=True)
    print_table(_rows(table), ("attribute", "group", "n", "change", "low", "high"))
    for table, heading in ((found.gains.worst, _("hit hardest:")), (found.gains.best, _("helped most:"))):
        print(heading)
        print_table(_rows(table), PEOPLE)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _named(run: Run) -> str:
    return f"{run_title(run.config)} {run.id[:4]}"


def _told(before: Run, after: Run, found: Versus) -> dict[str, Any]:
    gap, some = found.difference, found.gains
    return {
        "from": before.id,
        "to": after.id,
        "metric": found.metric,
        "users": some.n_users,
        "up": some.up,
        "down": some.down,
        "same": found.same,
        "change": {"mean": gap.mean, "low": gap.low, "high": gap.high, "p": gap.p},
        "verdict": found.verdict,
        "groups": some.groups.to_dict("records"),
        "attributes": found.attributes.to_dict("records"),
        "worst": _people(found, some.worst),
        "best": _people(found, some.best),
        "items_risen": some.risen.drop(columns="item").to_dict("records"),
        "items_fallen": some.fallen.drop(columns="item").to_dict("records"),
    }


def _people(found: Versus, table: pd.DataFrame) -> list[dict[str, Any]]:
    """The people of a table with both of their lists."""
    rows = []
    for row in table.to_dict("records"):
        lists = both_lists(found, int(row["user"]))
        kept = {name: row[name] for name in (*PEOPLE, "changed")}
        told = [one.drop(columns="item").to_dict("records") for one in lists]
        rows.append({**kept, "from": told[0], "to": told[1]})
    return rows


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command()(versus)
