"""The judge's side of the benchmarks: one judge for all, every look at test rows written down, nothing done twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from benchmarks import contest, cuts, estimates, evaluation, ledger
from benchmarks.contest import OURS, PEER, Cell, Entry, Options, measure
from benchmarks.cuts import FOLDS, Cut, export, fold_split
from benchmarks.judge import Answer, judge
from benchmarks.lists import non_inferior
from benchmarks.members import MEMBERS, blends
from benchmarks.pairs import TOGETHER, differences, rmse_difference, said
from benchmarks.peers.evaluators import Task, measured
from benchmarks.peers.evaluators import ranked as peer_lists
from benchmarks.peers.rows import Rows, best_of
from recsys_core.columns import Kind
from recsys_core.data.simulator import WorldSpec
from recsys_core.data.splits import Split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.ranking.top_k import rank_users
from tests.fitted import fitted, tiny_split

CUT = Cut("tiny", "user-random:0.2", 7)
ENTRY = Entry("popularity", OURS, "popularity")


def _answer(model: str, split: Split) -> Answer:
    scorer = fitted(model).scorer
    everybody, seen = np.arange(split.dataset.n_users), split.matrix(split.fit_rows)
    lists = rank_users(scorer.score_catalogue, everybody, 20, seen=seen, seed=split.spec.seed)
    users, items, _hidden = split.triples(split.test)
    return Answer(lists.items, scorer.score(users, items) if scorer.can.ratings else None)


@pytest.mark.parametrize("model", ["popularity", "ease", "bias"])
def test_the_judge_finds_what_evaluate_finds(model: str, tmp_path: Path) -> None:
    split, path = tiny_split(), tmp_path / "answer.npz"
    answer = _answer(model, split)
    np.savez(path, **{name: part for name, part in vars(answer).items() if part is not None})
    found = judge(Answer.read(path), split).figures
    told = evaluate(fitted(model).scorer, split, k=10).metrics
    assert found == pytest.approx({name: told[name] for name in found})
    assert {"ndcg@10", "ndcg_liked@10", "recall@10", "coverage@10"} <= found.keys()
    assert ("rmse" in found) == (model == "bias")


def test_a_list_that_holds_a_known_item_is_refused() -> None:
    split = tiny_split()
    known = split.matrix(split.fit_rows)
    items = np.full((split.dataset.n_users, 10), -1)
    items[0, 0] = known[0].indices[0]
    with pytest.raises(ValueError, match="training rows"):
        judge(Answer(items), split)


def test_a_peer_is_given_every_training_row_and_no_test_value(tmp_path: Path) -> None:
    split, path = tiny_split(), tmp_path / "split.npz"
    export(split, path)
    rows, test_users, test_items = Rows.read(path)
    assert len(rows.users) == len(split.fit_rows)
    assert (rows.n_users, rows.n_items) == (split.dataset.n_users, split.dataset.n_items)
    users, items, _values = split.triples(split.test)
    assert (test_users == users).all()
    assert (test_items == items).all()
    with np.load(path, allow_pickle=False) as kept:
        assert not [name for name in kept.files if name.startswith("test") and "value" in name]


def test_the_peers_plain_ranking_gives_our_lists() -> None:
    split = tiny_split()
    seen = split.matrix(split.fit_rows)
    scores = np.random.default_rng(0).normal(size=seen.shape)
    ours = rank_users(lambda rows: scores[rows], np.arange(len(scores)), 5, seen=seen)
    assert (best_of(scores.copy(), seen, 5)[0] == ours.items).all()


def test_five_folds_are_disjoint_and_cover_every_row() -> None:
    data = tiny_split().dataset
    parts = [fold_split(data, fold, 101).test for fold in range(FOLDS)]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(data.interactions)))
    assert fold_split(data, 0, 101).test.tolist() != fold_split(data, 0, 102).test.tolist()


def test_a_development_cut_throws_the_outer_test_rows_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "dataset", lambda name: tiny_split().dataset)
    outer, inner = CUT.split(), replace(CUT, development=True).split()
    assert len(inner.dataset.interactions) == len(outer.fit_rows)
    assert Cut.parse(CUT.as_json()) == CUT


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of the test's own, and a subject that costs nothing."""
    path = tmp_path / "ledger.csv"
    monkeypatch.setattr(ledger, "LEDGER", path)
    found = judge(_answer("popularity", tiny_split()), tiny_split())
    monkeypatch.setattr(contest, "_answered", lambda entry, cut: ({"fit_s": 0.5}, found))
    return path


def test_a_look_at_test_rows_is_written_down_and_made_once(written: Path, tmp_path: Path) -> None:
    options = Options(folder=tmp_path / "kept")
    first = measure(ENTRY, CUT, options, "ndcg@10")
    again = measure(ENTRY, CUT, options, "ndcg@10")  # what a run that was cut off does
    lines = written.read_text(encoding="utf-8").splitlines()
    assert lines[0].split(",") == list(ledger.HEADER)
    assert len(lines) == 2
    assert lines[1].split(",")[2:] == [
        "ours-popularity", "tiny", "user-random:0.2", "7", "7", "ndcg@10", f"{first.figures['ndcg@10']:.6f}",
    ]  # fmt: skip
    assert again.figures == first.figures
    np.testing.assert_array_equal(again.per_user["ndcg@10"], first.per_user["ndcg@10"])
    measure(ENTRY, replace(CUT, seed=8), options, "ndcg@10")
    assert len(written.read_text(encoding="utf-8").splitlines()) == 3


def test_development_leaves_no_line(written: Path, tmp_path: Path) -> None:
    measure(ENTRY, replace(CUT, development=True), Options(folder=tmp_path / "kept"), "ndcg@10")
    assert not written.exists()


def test_other_settings_or_fresh_code_are_measured_anew(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines() -> int:
        return len(written.read_text(encoding="utf-8").splitlines()) - 1

    kept = Options(folder=tmp_path / "kept")
    measure(ENTRY, CUT, kept, "ndcg@10")
    measure(replace(ENTRY, settings={"a": 1}), CUT, kept, "ndcg@10")
    assert lines() == 2
    monkeypatch.setattr(contest, "code_of", lambda entry: "later")
    measure(replace(ENTRY, settings={"a": 1}), CUT, kept, "ndcg@10")
    assert lines() == 2
    measure(replace(ENTRY, settings={"a": 1}), CUT, replace(kept, fresh=True), "ndcg@10")
    assert lines() == 3


def test_who_cannot_take_part_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "PEERS_PYTHON", tmp_path / "nothing")
    for entry, reason in (
        (Entry("x", OURS, "no_such"), "there is no model no_such yet"),
        (Entry("x", PEER, "slim"), "the peers are not installed: make peers"),
    ):
        assert measure(entry, CUT, Options(folder=tmp_path), "rmse").rounded() == {"skipped": reason}


def _cells(**values: Any) -> dict[str, Cell]:
    return {"a": Cell({}, {name: np.asarray(column, float) for name, column in values.items()})}


def test_a_difference_of_nothing_is_a_tie_and_a_clear_one_is_not() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(200)
    noise = rng.normal(0, 0.1, 200)
    tie = differences(_cells(x=base + noise - noise.mean()), _cells(x=base), "x")["a"]
    clear = differences(_cells(x=base + 0.1), _cells(x=base), "x")
    assert said(tie).endswith("a tie")
    assert said(clear[TOGETHER]) == "+0.1000 (+0.1000 to +0.1000): better"
    assert said(clear["a"], higher_is_better=False).endswith("worse")
    assert said([]) == "not measured"


def test_the_rmse_of_pooled_rows_by_hand() -> None:
    ours, theirs = _cells(squared=[4, 4], n=[1, 3]), _cells(squared=[9, 7], n=[1, 3])
    assert rmse_difference(ours, theirs)[0] == pytest.approx(np.sqrt(2) - 2, abs=1e-6)


def test_not_inferior_on_each_split_not_on_average() -> None:
    assert non_inferior({"a": [0, -0.007, 0.1], "b": [0, -0.001, 0.1]})
    assert not non_inferior({"a": [0, -0.009, 0.1], "b": [0.5, 0.4, 0.6], TOGETHER: [0.2, 0.1, 0.3]})
    assert non_inferior({}) is None


def test_a_blend_lists_members_that_exist() -> None:
    for table, named in MEMBERS.items():
        entries = blends(table)
        assert [one.label for one in entries] == list(named)
        json.dumps([one.settings for one in entries])


def _race(tmp_path: Path) -> tuple[Split, evaluation.Given, Task]:
    spec = WorldSpec(Kind.RATING, n_users=120, n_items=150, mean_events=25, seed=1)
    split = evaluation.task(spec)
    evaluation.write_task(split, tmp_path)
    scorer = evaluation.Given.read(tmp_path, {"span": split.dataset.value_range})
    return split, scorer, Task.read(tmp_path)


def test_the_race_of_evaluators_is_run_over_the_same_lists(tmp_path: Path) -> None:
    split, scorer, task = _race(tmp_path)
    assert all(len(np.unique(row)) == len(row) for row in scorer.scores)
    found = evaluate(scorer, split)
    items, _scores = peer_lists(task, k=50)
    ours = found.candidates[found.candidates["user"].isin(found.per_user["user"])]
    assert (ours[ours["rank"] <= 50]["item"].to_numpy().reshape(items.shape) == items).all()
    whole = evaluation.whole(scorer, split)
    assert whole["figures"]["ndcg@10"] == pytest.approx(found.metrics["ndcg@10"], abs=1e-12)
    assert len([name for name in whole["figures"] if name.startswith(("ndcg", "map"))]) >= 12


class _Cut:
    """Stands in for a library that divides average precision by all hidden items: a list with one hit at place 1."""

    def prepare(self, task: Task, items: np.ndarray, scores: np.ndarray) -> np.ndarray:
        return items

    def ranking(self, prepared: np.ndarray, ks: Sequence[int]) -> dict[str, float]:
        return {}

    def average_precision(self, prepared: np.ndarray, k: int) -> np.ndarray:
        return np.array([1 / 4])

    def beyond(self, task: Task, prepared: np.ndarray) -> dict[str, float]:
        return {}


def test_a_peers_average_precision_is_brought_to_our_definition() -> None:
    hidden = csr_matrix(np.array([[1, 1, 1, 1] + [0] * 196], np.float32))
    task = Task(np.zeros((1, 200), np.float32), csr_matrix((1, 200)), hidden, (np.zeros(0), np.zeros(0)))
    found = measured(_Cut(), task)["figures"]
    assert [found[f"map@{k}"] for k in (1, 5, 10)] == [1.0, 0.25, 0.25]


def test_a_race_is_told_in_seconds_ratios_and_agreement() -> None:
    def cell(rank: float, metrics: float, **more: float) -> dict[str, float]:
        return {"rank_s": rank, "metrics_s": metrics, **more}

    found = {
        "shape": [60, 30, 900, 180],
        "timed": {
            evaluation.OURS: [cell(1, 2, peak_mb=500), cell(1, 1), cell(1, 3)],
            evaluation.SAME: [cell(0.5, 0.5)],
            "ranx": [cell(3, 3, prepare_s=6, each_k_s=30, beyond_s=100)],
        },
        "figures": {
            evaluation.OURS: {"ndcg@1": 0.5, "map@5": 0.25},
            "ranx": {"ndcg@1": 0.5, "map@5": 0.2501},
        },
        "versions": {"ranx": "0.3.21"},
        "skipped": {"RecTools": "the peers are not installed"},
        "load": [0.1, 0.2],
    }
    text = "\n".join(evaluation.as_lines(found))
    assert "| ours, everything | 1.00 | – | 2.00 | – | – | 3.00 | 4.00 | 3.00 | 500 |" in text
    assert "| ranx | 3.00 | 6.00 | 3.00 | 30.00 | 100.00 | 12.00 | 12.00 | 39.00 | – |" in text
    assert "2 figures of ranx and ours: furthest apart map@5, by 1.0e-04 (at most 1e-06): **missed**." in text
    assert "each k to 100: 13.00 times as fast: reached" in text
    assert "six k: 4.00 times as fast: reached" in text
    assert "six k: 12.00 times as fast: reached" in text
    assert "Not measured: RecTools (the peers are not installed)." in text


def _estimated(model: str, said: float, took: float, memory: float = 300.0) -> dict[str, object]:
    sides = {
        "estimate": {"seconds": said, "memory_mb": 300.0},
        "actual": {"seconds": took, "memory_mb": memory},
    }
    return {"data": "movielens-100k", "model": model, "load": 0.5, "asked": 30, "epochs": 3, **sides}


def test_the_worst_estimate_is_named_and_tenths_of_a_second_are_nothing() -> None:
    rows = [
        _estimated("popularity", 0.9, 0.3),
        _estimated("mf", 90.0, 60.0),
        _estimated("ease", 9.0, 9.0, 500.0),
    ]
    assert estimates.off(rows[0], "seconds") < 2
    lines = "\n".join(estimates.as_lines({"load": (0.5, 0.5, 0.5), "rows": rows}))
    assert "in time for every model: worst 1.75 (popularity on movielens-100k): reached" in lines
    assert "in memory for every model: worst 1.67 (ease on movielens-100k): reached" in lines
    missed = estimates.as_lines({"rows": [_estimated("mf", 90.0, 30.0)]})
    assert missed[-2].endswith("**missed**")
