"""The few lines behind each page, for the `</> Code` drawer; a test runs every one of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

_PLACE = re.compile(r"\{(\w+)\}")
_OPEN = "from recsys_core.data.store import open_dataset\n\ndata = open_dataset({data})\n"

_SNIPPETS = {
    "home": "from recsys_core.data.store import list_datasets\nfrom recsys_core.runs import list_runs\n\n"
    "print([summary.name for summary in list_datasets()])\nprint([(run.id, run.state) for run in list_runs()])\n",
    "explore": _OPEN + "\nfrom recsys_core.data.event_index import EventIndex\n"
    "from recsys_core.data.findings import findings\nfrom recsys_core.data.groupings import keys_of\n"
    "from recsys_core.data.profile import view\nfrom recsys_core.data.selection import Selection\n\n"
    "index = EventIndex.of(data)\nselection = Selection.read({first}, {last}, {picks}, keys_of(data))\n"
    "seen = view(index, selection)\nprint(seen.n_rows, seen.density, seen.mean)\nprint(seen.over_time.tail())\n"
    "for found in findings(index):\n    print(found.sentence)\n",
    "prepare": "from pathlib import Path\n\n"
    "from recsys_core.data.importing import Tables, import_tables\n"
    "from recsys_core.data.proposing import propose_recipe\n"
    "from recsys_core.data.store import keep_dataset\n"
    "from recsys_core.data.tables import read_table\n\n"
    "table = read_table(Path({file}), name={file})\n"
    "recipe = propose_recipe(table).recipe\n"
    "made = import_tables({name}, Tables(table), recipe)\n"
    'print(made.dataset.cleaning)\nkeep_dataset(made.dataset, actor="me", dropped=made.dropped)\n',
    "train": _OPEN + "\nfrom recsys_core.evaluation.evaluate import evaluate\n"
    "from recsys_core.data.splits import SplitSpec, make_split\n"
    "from recsys_core.training.estimate import estimate\nfrom recsys_core.training.members import build_model\n\n"
    "split = make_split(data, SplitSpec.parse({split}, seed={split_seed}))\n"
    "print(estimate(data, {model}, settings={settings}, split=split.spec).sentence)\n"
    "model = build_model({model}, {settings}).fit(split, seed={seed}, report=print)\n"
    "print(evaluate(model.scorer, split, k={k}).metrics)\n",
    "tune": _OPEN + "\nfrom recsys_core.data.splits import SplitSpec\n"
    "from recsys_core.training.search import search\nfrom recsys_core.training.search_space import parse_range\n"
    "from recsys_core.training.studies import configure_study, create_study\n\n"
    "config = configure_study(\n    data,\n    {model},\n    method={method},\n    n_trials={n_trials},\n"
    "    minutes={minutes},\n    metric={metric},\n    split=SplitSpec.parse({split}, seed={split_seed}),\n"
    "    ranges=[parse_range(text, {model}) for text in {ranges}],\n    fixed={fixed},\n    seed={seed},\n"
    '    k={k},\n    workers={workers},\n    actor="me",\n)\n'
    "study = create_study(config)\nprint(search(study))\n"
    'print(study.trials().sort_values("value"))\nprint(study.best())\n',
    "metrics": _OPEN
    + "\nfrom recsys_core.scenarios.leaderboard import arenas, finished_runs, leaderboard, verdicts\n\n"
    "runs = finished_runs(data)\narena = arenas(runs)[0]\nrows = leaderboard(runs, arena)\n"
    "for row in rows:\n    print(row.title, row.metrics, row.ci)\n"
    "print(verdicts(rows, data.words, arena.k))\n",
    "map": "from recsys_core.runs import open_run\nfrom recsys_core.scenarios.map_store import made_map\n\n"
    "found = made_map(open_run({run}), of={of}, method={method})\n"
    "print(found.places)\nprint(found.kept, found.chance)\n",
    "recommend": "from recsys_core.ranking.rerank import Setting\nfrom recsys_core.runs import open_run\n"
    "from recsys_core.scenarios.filters import Filters\n"
    "from recsys_core.scenarios.lists import Serving, user_list\n\n"
    "serving = Serving.open(open_run({run}))\nuser = int(serving.data.user_rows({user})[0])\n"
    "allowed = Filters(only=tuple({only}), since={since}, least={least}).allowed(serving)\n"
    "print(user_list(serving, user, k={k}, rerank=Setting(strength={strength}), allowed=allowed, again={again}))\n",
    "what_if": "from recsys_core.ranking.rerank import Setting\nfrom recsys_core.runs import open_run\n"
    "from recsys_core.scenarios.filters import Filters\n"
    "from recsys_core.scenarios.lists import Serving\nfrom recsys_core.scenarios.what_if import Edits, what_if\n\n"
    "serving = Serving.open(open_run({run}))\nrows = serving.data.item_rows\n"
    "user = int(serving.data.user_rows({user})[0])\nrated = {rated}\n"
    "edits = Edits(\n    removed=tuple(rows({removed})),\n    added=tuple(rows({added})),\n"
    "    values=dict(zip(rows(list(rated)), rated.values())),\n    attributes={attributes},\n)\n"
    "allowed = Filters(only=tuple({only}), since={since}, least={least}).allowed(serving)\n"
    "found = what_if(serving, user, edits, k={k}, rerank=Setting(strength={strength}), allowed=allowed, again={again})\n"
    "print(found.before)\nprint(found.after)\n",
    "audit": _OPEN + "\nfrom recsys_core.scenarios.split_auditor_store import made_auditing\n"
    "from recsys_core.scenarios.split_verdict import answers\n\n"
    'found = made_auditing(data, {model}, k={k}, actor="me")\n'
    "for one in found.figures:\n    print(one.split, one.everybody.model, one.everybody.lead, one.audit.flags)\n"
    "print(answers(found, data.words))\n",
    "diversity": "from recsys_core.ranking.rerank import Setting\nfrom recsys_core.runs import open_run\n"
    "from recsys_core.scenarios.before_after import before_after\n"
    "from recsys_core.scenarios.frontier_store import made_frontier\n"
    "from recsys_core.scenarios.lists import Serving\n\n"
    "run = open_run({run})\nserving = Serving.open(run)\nuser = int(serving.data.user_rows({user})[0])\n"
    "setting = Setting({method}, {strength}, {distance})\n"
    "found = before_after(serving, user, setting, k={k})\nprint(found.after)\nprint(found.mix)\n"
    "print(made_frontier(run, k={k}, distance={distance}).of({method}))\n",
    "worth": _OPEN + "\nfrom recsys_core.data.splits import SplitSpec\n"
    "from recsys_core.scenarios.worth import made_worth\nfrom recsys_core.training.worth import ask\n\n"
    "split = SplitSpec.parse({split}, seed={split_seed})\n"
    "question = ask(data, {model}, {attribute}, split=split, settings={settings}, k={k}, seeds={seeds})\n"
    "found = made_worth(question)\nprint(found.verdict, found.against)\nprint(found.table())\n",
    "cold_start": "from recsys_core.runs import open_run\nfrom recsys_core.scenarios.lists import Serving, picks_lists\n\n"
    "serving = Serving.open(open_run({run}))\npicks = serving.data.item_rows({picks})\n"
    "for table in picks_lists(serving, picks, k={k}):\n    print(table)\n",
    "new_item": "from recsys_core.runs import open_run\nfrom recsys_core.scenarios.lists import Serving\n"
    "from recsys_core.scenarios.new_item_form import invent\n"
    "from recsys_core.scenarios.new_items import audience, first_in_line, neighbours\n\n"
    "serving = Serving.open(open_run({run}))\nitem = invent(serving.data, {title}, {attributes})\n"
    "found = audience(serving, item)\nprint(found.share_within(10), found.median_rank)\n"
    "print(first_in_line(serving, item, found))\nprint(neighbours(serving, item)[0])\n",
    "taste": "from recsys_core.runs import open_run\nfrom recsys_core.scenarios.lists import Serving\n"
    "from recsys_core.scenarios.taste import draw_round, tally, verdict, votes_on\n\n"
    "one, other = {first}, {second}\nservings = Serving.open(open_run(one)), Serving.open(open_run(other))\n"
    "drawn = draw_round(servings, seed=1, number=0, k={k})\nprint(drawn.left, drawn.right)\n"
    "print(verdict(tally(votes_on(one, other), one, other), one, other))\n",
    "present": _OPEN + "\nfrom recsys_core.charts.theme import page_colours\n"
    "from recsys_core.pins import list_pins\nfrom recsys_core.scenarios.report import make_report\n"
    "from recsys_core.scenarios.report_page import Look, render\n\n"
    "report = make_report(data, list_pins())\nprint(report.said, report.gaps, report.limits)\n"
    "html = render(report, Look(**page_colours([])))\nprint(len(html))\n",
}


def snippet(page: str, **values: Any) -> str:
    """The lines that reproduce a page's view; every value goes in as a literal, in one pass: it may hold braces."""
    return _PLACE.sub(lambda place: _literal(values[place[1]]), _SNIPPETS[page])


def pages() -> list[str]:
    """Names of the pages that have a snippet."""
    return list(_SNIPPETS)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, np.generic):
        return _literal(value.item())
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple, np.ndarray)):
        return "[" + ", ".join(_literal(one) for one in value) + "]"
    return repr(value)
