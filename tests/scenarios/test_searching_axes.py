"""Parallel axes: every setting on 0..1 by its own range, logarithms where the search drew them, pruned trials without a value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.scenarios.searching_axes import parallel, places, range_ticks
from recsys_core.training.search_space import Range
from recsys_core.training.study import FAILED, PARAM, PRUNED, RUNNING
from tests.searched import LEARNING, RANGES, SIZE, TARGET, table, trial


@pytest.mark.parametrize(
    ("one", "values", "wanted"),
    [
        (LEARNING, [1e-4, 10**-2.5, 1e-1], [0.0, 0.5, 1.0]),
        (SIZE, [16, 512, 1], [0.0, 1.0, 0.0]),
        (Range("dropout", "float", 0.2, 0.8), [0.2, 0.5, 0.9], [0.0, 0.5, 1.0]),
        (TARGET, ["consumed", "liked", "else"], [0.0, 1.0, np.nan]),
        (Range("members", "int", choices=(1, 3, 5)), [1, 3, 5], [0.0, 0.5, 1.0]),
        (Range("dropout", "float", 0.5, 0.5), [0.5], [0.5]),
    ],
)
def test_a_value_stands_where_its_range_puts_it(
    one: Range, values: list[object], wanted: list[float]
) -> None:
    np.testing.assert_allclose(places(one, pd.Series(values)), wanted, atol=1e-12)


def test_axes_say_their_ends_and_middle_or_their_choices() -> None:
    assert [text for _place, text in range_ticks(LEARNING)] == ["0.0001", "0.00316", "0.1"]
    assert [text for _place, text in range_ticks(SIZE)] == ["16", "91", "512"]
    assert range_ticks(TARGET) == [(0.0, "consumed"), (1.0, "liked")]


def test_lines_cross_all_axes_and_those_of_pruned_trials_have_no_value() -> None:
    rows = [trial(0, value=0.2), trial(1, value=0.4), trial(2, PRUNED), trial(3, FAILED), trial(4, RUNNING)]
    lines, ticks = parallel(table(rows), RANGES, model="history_encoder", metric="ndcg@10", chosen=0)
    axes = ["Learning rate", "Embedding size", "Learn from", "NDCG@10"]
    assert list(dict.fromkeys(lines["axis"])) == axes == list(dict.fromkeys(ticks["axis"]))
    assert lines.groupby("number")["axis"].count().to_dict() == {0: 4, 1: 4, 2: 3}
    assert lines.groupby("number")["look"].first().to_dict() == {0: "chosen", 1: "best", 2: "pruned"}
    last = lines[lines["axis"] == "NDCG@10"].set_index("number")["place"]
    assert last.to_dict() == {0: 0.0, 1: 1.0}
    assert list(ticks.loc[ticks["axis"] == "NDCG@10", "text"]) == ["0.200", "0.300", "0.400"]


@pytest.mark.parametrize("rows", [[], [trial(0, RUNNING)]])
def test_without_a_trial_there_are_axes_and_no_line(rows: list[dict[str, object]]) -> None:
    lines, ticks = parallel(table(rows), RANGES, model="history_encoder", metric="ndcg@10")
    assert lines.empty and list(dict.fromkeys(ticks["axis"])) == [
        "Learning rate",
        "Embedding size",
        "Learn from",
    ]


def test_one_trial_stands_in_the_middle_of_the_last_axis() -> None:
    lines, ticks = parallel(table([trial(0, value=0.2)]), RANGES, model="history_encoder", metric="ndcg@10")
    assert lines["place"].iloc[-1] == 0.5 and ticks["text"].iloc[-1] == "0.200"
    assert f"{PARAM}target" not in set(lines["axis"])
