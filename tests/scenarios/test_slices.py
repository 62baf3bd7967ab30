"""Slices by hand: who is in which, what each is worth, what is left out; and on a simulated world and MovieLens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import NotSupported
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.baselines import Popularity
from recsys_core.runs import Run, open_run
from recsys_core.scenarios.chosen import Chosen, PickedSlice
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.slices import LEAST, MOST, Slices, sentence, slices_of
from recsys_core.scenarios.slicing import Slicing, named, slicing, ways
from tests.conftest import Studio
from tests.scenarios.judged_by_hand import RECALL_AT_1, hand_judged, hand_split, world


def _who(found: Slicing) -> dict[str, list[int]]:
    return {name: found.rows_of(name).tolist() for name in found.names}


def test_every_way_of_cutting_by_hand() -> None:
    split = hand_split(world())
    known = ways(split.dataset)
    assert list(known) == [
        "activity", "period", "cold-users", "users.team", "users.age", "popularity", "cold-items", "items.tags",
    ]  # fmt: skip
    cut = {key: slicing(split, key) for key in known}
    assert _who(cut["activity"]) == {"1": [2, 3, 4], "2": [1], "3": [0]}  # rows known; nothing is of person 5
    assert list(_who(cut["period"]).values()) == [[0, 1, 2], [3, 4, 5]]
    assert [name[-8:] for name in cut["period"].names] == ["Feb 2024", "Mar 2024"]
    assert _who(cut["cold-users"]) == {"cold: not in training": [5], "warm": [0, 1, 2, 3, 4]}
    assert _who(cut["users.team"]) == {"blue": [3, 4], "red": [0, 1, 2]}
    assert _who(cut["users.age"]) == {"10": [0], "20": [1, 2], "30": [3], "40": [4], "50": [5]}
    assert _who(cut["cold-items"]) == {"cold: not in training": [3], "warm": [0, 1, 2]}
    assert _who(cut["items.tags"]) == {"odd": [1, 2], "old": [0, 1]}
    assert [one.of_items for one in cut.values()] == [False] * 5 + [True] * 3
    # chosen 4, 3, 1 and 0 times: the first holds half of the rows, so the next begins in the second third
    shelves = _who(cut["popularity"])
    assert list(shelves.values()) == [[0], [1], [2, 3]]
    assert list(shelves) == ["head (4 times)", "middle (3 times)", "tail (0–1 times)"]


def test_quarters_are_named_where_there_are_four(little: Dataset) -> None:
    names = slicing(make_split(little, SplitSpec.parse("user-random", seed=3)), "activity").names
    assert len(names) == 4
    assert names[0].startswith("least active quarter (")
    assert names[-1].startswith("most active quarter (")


def test_no_such_way_is_said() -> None:
    with pytest.raises(NotSupported, match="shoe size"):
        slicing(hand_split(world()), "users.shoe size")
    assert named("users.team", "red") == "team: red"
    assert named("activity", "1") == "1"


def _slices(judged: Judged, by: str, metric: str, **asked: object) -> Slices:
    ids = {"run": judged}
    return slices_of(ids, {"run": "Run"}, slicing(judged.split, by), metric, **{"least": 1, **asked})  # type: ignore[arg-type]


def test_user_slices_by_hand(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    table = _slices(judged, "users.team", "recall@1").table.set_index("slice")
    assert set(table.index) == {"blue", "red"}
    assert table.loc["red", "value"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert table.loc["blue", "value"] == pytest.approx((0 + 1) / 2)
    assert table.loc["red", "gap"] == pytest.approx(
        0.5 - (0 + 1 + 1) / 3
    )  # the rest: blue, and who is in no team
    assert (table["overall"] == np.mean(RECALL_AT_1)).all()
    assert table["n_users"].to_dict() == {"red": 3, "blue": 2}
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_of_ratings_the_largest_error_stands_first(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    table = _slices(judged, "users.team", "rmse").table
    assert table["slice"].tolist() == ["blue", "red"]
    assert table["value"].tolist() == pytest.approx([np.sqrt((4 + 4) / 2), np.sqrt((1 + 1 + 0 + 0) / 4)])
    mae = _slices(judged, "users.team", "mae").table
    assert mae["value"].tolist() == pytest.approx([2.0, 2 / 4])


def test_item_slices_count_what_was_found(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    found = _slices(judged, "items.tags", "ndcg@1")
    assert found.metric == "found@1"
    table = found.table.set_index("slice")
    # old: things 0 and 1 stand in test of persons 2, 3 (not first), 4 and 5 (first); odd: 2 and 1, never first
    assert table["value"].to_dict() == pytest.approx({"odd": 0.0, "old": 0.5})
    assert table["n_rows"].to_dict() == {"odd": 3, "old": 4}
    assert found.names == ["odd", "old"]
    two = _slices(judged, "items.tags", "ndcg@2").table.set_index("slice")
    assert two["value"].to_dict() == pytest.approx({"odd": 2 / 3, "old": 3 / 4})
    errors = _slices(judged, "items.tags", "rmse").table.set_index("slice")
    assert errors["value"].to_dict() == pytest.approx(
        {"odd": np.sqrt((1 + 0 + 4) / 3), "old": np.sqrt((0 + 4 + 4 + 0) / 4)}
    )


def test_all_or_nothing_is_no_certainty(tmp_path: Path) -> None:
    """Two people who got nothing may be like others who get half: the interval says so, and the test."""
    lists = {0: [3], 1: [3], 2: [3], 3: [3], 4: [0], 5: [0]}
    judged = hand_judged(tmp_path / "run", lists=lists)
    table = _slices(judged, "users.age", "recall@1").table.set_index("slice")
    assert table.loc["30", "value"] == 0.0
    assert table.loc["30", "high"] > 0.9
    assert table.loc["30", "verdict"] == "tie"


def test_small_slices_are_left_out_and_counted(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    found = _slices(judged, "users.age", "recall@1", least=2)
    assert found.names == ["20"]
    assert found.too_small == 4
    assert sentence(found, "run") == ""  # one slice is no comparison
    none = _slices(judged, "users.age", "recall@1", least=LEAST)
    assert none.names == []
    assert none.too_small == 5


def test_a_figure_of_all_lists_together_has_no_slice(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run", ratings=False)
    for metric in ("coverage@1", "auc", "rmse"):
        assert not len(_slices(judged, "users.team", metric).table)


def test_only_chosen_rows_count(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    some = Chosen((PickedSlice("x", "y"),), users=np.array([0, 3]))
    table = _slices(judged, "users.team", "recall@1", chosen=some).table.set_index("slice")
    assert table["value"].to_dict() == {"red": 1.0, "blue": 0.0}
    things = Chosen((PickedSlice("x", "y"),), items=np.array([3]))
    table = _slices(judged, "users.team", "recall@1", chosen=things).table.set_index("slice")
    assert table["value"].to_dict() == {
        "red": 1.0
    }  # thing 3 is wanted by persons 0 and 1, and first for both


def test_the_order_is_that_of_the_first_run(tmp_path: Path) -> None:
    good, bad = hand_judged(tmp_path / "a"), hand_judged(tmp_path / "b", lists={**LISTS_BAD})
    labels = {"a": "A", "b": "B"}
    cut = slicing(good.split, "users.team")
    for first, second in ((good, bad), (bad, good)):
        ids = {"a" if first is good else "b": first, "b" if first is good else "a": second}
        found = slices_of(ids, labels, cut, "recall@2", least=1)
        assert not len(found.table)  # the runs were judged at 1 alone
        found = slices_of(ids, labels, cut, "recall@1", least=1)
        lead = found.table[found.table["id"] == next(iter(ids))]
        assert lead["value"].is_monotonic_increasing
        assert set(found.table["label"]) == {"A", "B"}


LISTS_BAD = {0: [2], 1: [0], 2: [1], 3: [1], 4: [2], 5: [2]}


def test_a_finished_run_of_a_simulated_world(studio: Studio) -> None:
    run = open_run(studio.runs["ease"])
    judged = Judged.of(run, studio.data)
    found = slices_of(
        {run.id: judged}, {run.id: "EASE"}, slicing(judged.split, "activity"), "ndcg@10", least=5
    )
    table = found.table
    assert len(table) == 4
    assert table["value"].is_monotonic_increasing
    assert np.average(table["value"], weights=table["n_users"]) == pytest.approx(
        run.measured()["metrics"]["ndcg@10"]
    )
    said = sentence(found, run.id)
    assert said.startswith(f"EASE does worst on '{table['slice'].iloc[0]}': NDCG@10 ")


def test_movielens_serves_the_head_and_not_the_tail(movielens: Dataset, tmp_path: Path) -> None:
    """Popularity finds what is popular, hardly anything else; and eight occupations are too small to judge."""
    split = make_split(movielens, SplitSpec.parse("user-random", seed=42))
    folder = tmp_path / "run"
    folder.mkdir()
    run = Run(folder)
    run.keep(evaluate(Popularity().fit(split, seed=0).scorer, split))
    judged = Judged(run, split)
    ids, labels = {"run": judged}, {"run": "Popularity"}
    shelves = slices_of(ids, labels, slicing(split, "popularity"), "ndcg@10").table.set_index("slice")
    assert list(shelves["verdict"]) == ["worse", "worse", "better"]
    assert shelves["value"].iloc[0] < 0.001
    assert shelves["value"].iloc[-1] > 0.2
    jobs = slices_of(ids, labels, slicing(split, "users.occupation"), "ndcg@10")
    assert jobs.too_small == 8
    assert len(jobs.table) == 13
    assert (jobs.table["n_users"] >= LEAST).all()
    many = slices_of(ids, labels, slicing(split, "users.age"), "ndcg@10", least=1)
    assert len(many.table) <= MOST
