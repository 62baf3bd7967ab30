"""The report: its figures are the leaderboard's, its page asks nobody for anything and shows data as text."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_core.charts.theme import page_colours
from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset, open_dataset
from recsys_core.evaluation.meanings import with_interval
from recsys_core.models import registry
from recsys_core.pins import Pin
from recsys_core.runs import list_runs, open_run
from recsys_core.scenarios.leaderboard import compare, verdicts
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.scenarios.report import Report, gaps, make_report
from recsys_core.scenarios.report_page import Look, cut, render
from recsys_core.scenarios.shown import pin_shown, rows_of
from tests.conftest import Studio
from tests.helpers import click_table, finished_run

HOSTILE = (
    "<script>alert('x')</script><img src=http://evil.example/x.png onerror=alert(1)> \"quoted\" & {{ 7*7 }}"
)
CHINESE = "一个非常长的商品标题，" * 19
VOID = {"meta", "rect", "line", "br"}


class Parsed(HTMLParser):
    """What a browser would make of it: tags, attributes, visible text; unbalanced tags are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.styles = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.styles += data
        else:
            self.texts.append(data)

    @property
    def words(self) -> str:
        """The text on one line."""
        return " ".join(" ".join(self.texts).split())


def _page(report: Report) -> Parsed:
    keyed = [(run.id, run.config.model, registry.spec(run.config.model).floor) for run in list_runs()]
    return Parsed(render(report, Look(**page_colours(keyed))))


def _asks_nobody(page: Parsed) -> None:
    loading = {"src", "href", "srcset", "xlink:href", "action", "data", "poster", "background"}
    assert not loading & {name for name, _value in page.attributes}
    assert not {"script", "link", "iframe", "object", "embed", "img", "form"} & set(page.tags)
    assert not [name for name, _value in page.attributes if name.startswith("on")]
    assert not {"url(", "@import"} & set(re.findall(r"url\(|@import", page.styles))
    assert not [name for name, value in page.attributes if "http" in value and name != "aria-label"]


@pytest.fixture
def hostile_world(workspace: Path) -> Dataset:
    """Twelve people and ten items whose titles are attacks or very long, with a popularity and an EASE run."""
    rng = np.random.default_rng(1)
    events = pd.DataFrame(
        [(f"<u{user}>", f"i{item}", 1.0) for user in range(12) for item in rng.permutation(10)[:6]],
        columns=["user_id", "item_id", "value"],
    )
    titles = [HOSTILE, CHINESE, *(f"Thing {number}" for number in range(8))]
    items = pd.DataFrame(
        {"item_id": [f"i{n}" for n in range(10)], "title": titles, "kind": ["<b>"] * 5 + ["x"] * 5}
    )
    data = make_dataset("hostile", Kind.IMPLICIT, events, items=items)
    keep_dataset(data, actor="test")
    for model in ("ease", "popularity"):
        finished_run(data, model, name=HOSTILE[:60] if model == "ease" else "")
    return data


def test_hostile_and_long_texts_stay_text(hostile_world: Dataset) -> None:
    pin = Pin("metrics", (), HOSTILE, "ada", "hostile", hostile_world.fingerprint, question="<q>?")
    page = _page(make_report(hostile_world, [pin]))
    _asks_nobody(page)
    assert page.tags.count("style") == 1 and "b" not in page.tags
    assert HOSTILE in page.words  # as it stands, braces and all
    assert cut(CHINESE) in page.words and len(cut(CHINESE)) == 200


def test_the_figures_are_those_of_the_leaderboard(studio: Studio) -> None:
    report = make_report(studio.data)
    rows, arena = rows_of(studio.data)
    assert arena is not None
    metric = f"ndcg@{arena.k}"
    assert [bar.run for bar in report.bars] == [row.run.id for row in rows]
    assert [bar.text for bar in report.bars] == [
        with_interval(row.metrics[metric], row.ci[metric]) for row in rows
    ]
    top = max(row.ci[metric][1] for row in rows)
    for bar, row in zip(report.bars, rows, strict=True):
        assert bar.share == pytest.approx(row.metrics[metric] / top)
        assert 0 <= bar.low <= bar.share <= bar.high <= 1
    assert report.said == tuple(verdicts(rows, studio.data.words, arena.k))
    page = _page(report)
    _asks_nobody(page)
    for text in (*report.said, *report.gaps, *(bar.text for bar in report.bars), *report.limits):
        assert " ".join(text.split()) in page.words


def test_how_sure_we_are_is_the_paired_interval_and_a_tie_is_called_one(studio: Studio) -> None:
    rows, arena = rows_of(studio.data)
    assert arena is not None
    for gap in gaps(rows, arena.k):
        other = next(row for row in rows if row.title == gap.theirs)
        interval = compare(rows[0], other, f"ndcg@{arena.k}")
        assert gap.interval == interval
        expected = "tie" if interval.low <= 0 <= interval.high else "better" if interval.low > 0 else "worse"
        assert expected in gap.words
    assert gaps(rows[:1], arena.k) == []


def test_three_people_are_heavy_typical_and_light_and_their_lists_are_the_core_s(studio: Studio) -> None:
    report = make_report(studio.data)
    rows, arena = rows_of(studio.data)
    assert arena is not None
    assert [called for called, _person in report.people] == ["A heavy user", "A typical user", "A light user"]
    known = [person.n_known for _called, person in report.people]
    assert known == sorted(known, reverse=True) and known[0] > known[-1]
    serving = Serving.open(rows[0].run)
    for _called, person in report.people:
        row = int(serving.data.user_rows(person.user)[0])
        expected = user_list(serving, row, k=arena.k)
        assert [line.title for line in person.lines] == expected["title"].tolist()
        assert [line.hit for line in person.lines] == expected["hit"].tolist()
        assert person.hits == expected["hit"].sum()
        assert all(line.reason for line in person.lines)


def test_the_limits_are_told_from_the_data(studio: Studio) -> None:
    report = make_report(studio.data)
    rows, _arena = rows_of(studio.data)
    said = " ".join(report.limits)
    judged = rows[0].run.measured()["n_judged"]
    n_users = studio.data.n_users
    everybody = (
        f"All {n_users} users were judged." if judged == n_users else f"{judged} of {n_users} users were"
    )
    assert everybody in said
    floor = next(row for row in rows if row.config.model == "popularity")
    if floor is not rows[0]:
        assert f"reach {floor.metrics['ndcg@10'] / rows[0].metrics['ndcg@10']:.0%} of the best NDCG" in said
    assert "Judged offline" in said and "seed 42" in said and "a split by time is stricter" in said
    support = Serving.open(rows[0].run).seen.getnnz(axis=0)
    rare, cold = int((support < 5).sum()), int((support == 0).sum())
    assert (f"{rare} of {studio.data.n_items} items have fewer than 5" in said) == (rare > 0)
    assert (f"{cold} of them none" in said) == (rare > 0)


def test_people_of_whom_nothing_was_learned_are_a_limit(workspace: Path, little: Dataset) -> None:
    keep_dataset(little, actor="test")
    split = SplitSpec("time", 0.2, 42)
    run = finished_run(little, "popularity", split=split, k=5)
    made = run.split(little)
    judged, known = (np.unique(made.triples(rows)[0]) for rows in (made.test, made.fit_rows))
    new = len(np.setdiff1d(judged, known))
    said = " ".join(make_report(little).limits)
    assert f"{new} of the {len(judged)} users judged have no row to learn from" in said
    assert "a split by time is stricter" not in said


def test_without_popularity_the_missing_floor_is_a_limit(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(studio.folder, tmp_path / "own")
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "own"))
    shutil.rmtree(open_run(studio.runs["popularity"]).folder)
    report = make_report(studio.data)
    assert any("the simplest floor was not compared with" in one for one in report.limits)
    assert "There is no floor beside these runs" in report.said[0]


def test_a_damaged_best_model_is_said_and_the_rest_stands(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(studio.folder, tmp_path / "own")
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "own"))
    best = rows_of(studio.data)[0][0].run
    for path in (best.folder / "model").iterdir():
        if path.suffix in {".npz", ".onnx"}:
            path.write_bytes(path.read_bytes()[:-10])
    report = make_report(studio.data)
    assert report.people == () and "changed after training" in report.trouble
    assert report.trouble in _page(report).words


@pytest.mark.usefixtures("workspace")
def test_data_without_runs_or_without_people_make_a_page_too(tiny_ratings: Dataset) -> None:
    for data in (tiny_ratings, click_table(()), click_table()):
        keep_dataset(data, actor="test")
        page = _page(make_report(open_dataset(data.name)))
        _asks_nobody(page)
        assert "No model has been trained on these data yet" in page.words


def test_a_pinned_list_is_that_person_s_list(studio: Studio) -> None:
    run = studio.runs["ease"]
    user = str(studio.data.users["user_id"].iloc[3])
    query = (("k", ("4",)), ("user", (user,)))
    pin = Pin("recommend", query, "Look.", "ada", "little", studio.data.fingerprint, run=run)
    shown = pin_shown(pin)
    expected = user_list(Serving.open(open_run(run)), 3, k=4)
    assert shown.person is not None and shown.missing == ""
    assert [line.title for line in shown.person.lines] == expected["title"].tolist()
    assert f"{expected['hit'].sum()} of" in shown.said[0] and len(shown.said) == 1


@pytest.mark.parametrize(
    ("query", "length"),
    [
        ((("k", ("x",)),), 10),
        ((("k", ("99999",)),), 10),
        ((("diversity", ("7",)),), 10),
        ((("k", ("2",)),), 2),
    ],
)
def test_nonsense_in_a_pinned_address_falls_back(studio: Studio, query: tuple, length: int) -> None:
    pin = Pin("recommend", query, "Look.", "a", "little", studio.data.fingerprint, run=studio.runs["ease"])
    person = pin_shown(pin).person
    assert person is not None and len(person.lines) == length


def test_a_pinned_list_says_what_it_leaves_out_and_what_is_gone(studio: Studio) -> None:
    fingerprint, run = studio.data.fingerprint, studio.runs["ease"]
    filtered = Pin("recommend", (("only", ("tea",)),), "a", "a", "little", fingerprint, run=run)
    assert "further choices" in pin_shown(filtered).said[1]
    stranger = Pin("recommend", (("user", ("nobody",)),), "a", "a", "little", fingerprint, run=run)
    assert "'nobody' is unknown" in pin_shown(stranger).missing
    gone = Pin("recommend", (), "a", "a", "little", fingerprint, run="0" * 12)
    assert pin_shown(gone).missing == "The run 0000 is gone."
    other = Pin("explore", (), "a", "a", "little", fingerprint)
    shown = pin_shown(other)
    assert (shown.missing, shown.said, shown.person, shown.rows) == ("", (), None, ())


def test_a_pinned_comparison_is_the_leaderboard(studio: Studio) -> None:
    pin = Pin("metrics", (("figure", ("recall@10",)),), "a", "a", "little", studio.data.fingerprint)
    shown = pin_shown(pin)
    rows, _arena = rows_of(studio.data)
    assert [row.run.id for row in shown.rows] == [row.run.id for row in rows]
    assert shown.figure == "recall@10"
    assert shown.said == tuple(verdicts(rows, studio.data.words, 10))


def test_only_pins_of_these_data_stand_in_the_report(studio: Studio) -> None:
    ours = Pin("explore", (), "ours", "a", "little", studio.data.fingerprint)
    theirs = Pin("explore", (), "theirs", "a", "elsewhere", "f")
    assert [shown.pin for shown in make_report(studio.data, [ours, theirs]).pins] == [ours]


def test_the_page_is_for_light_dark_print_and_telephone(studio: Studio) -> None:
    text = render(make_report(studio.data), Look(**page_colours([])))
    for needed in ("prefers-color-scheme: dark", "@media print", "max-width: 40rem", "width=device-width"):
        assert needed in text
    assert re.search(r"default-src 'none'", text)
