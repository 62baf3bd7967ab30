"""Charts of slices, spreads, figures by k, fronts and ratings: what they say, with nothing, one run and several."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.charts import pareto, ratings, slices, spread
from recsys_core.charts.runs import DASHES, SHAPES, Styles, line_ends
from recsys_core.charts.theme import DARK, LIGHT, MAX_ROWS, title_of
from recsys_core.evaluation.liked import liked_curves
from recsys_core.evaluation.rating_errors import by_truth, calibration, calibration_gap

COLOURS = {"a": "#0072b2", "b": "#6b7685", "c": "#6b7685"}
RUNS = {"a": "EASE · aaaa", "b": "Popularity · bbbb", "c": "Random · cccc"}


def _slices(runs: str = "ab") -> pd.DataFrame:
    rows = [
        {"id": run, "label": RUNS[run], "slice": name, "n_users": 30, "n_rows": 60, "value": value + shift,
         "low": value + shift - 0.02, "high": value + shift + 0.02, "gap": -0.1, "p": 0.01, "verdict": "worse",
         "overall": 0.3 + shift}
        for name, value in (("light", 0.2), ("heavy", 0.4))
        for run, shift in zip(runs, (0.0, -0.1, -0.15), strict=False)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _spread(runs: str = "ab") -> pd.DataFrame:
    rows = []
    for run, zero in zip(runs, (0.1, 0.4, 0.9), strict=False):
        shares = [zero, (1 - zero) / 2, (1 - zero) / 2]
        for place, share in enumerate(shares):
            rows.append(
                {"id": run, "label": RUNS[run], "place": place, "low": max(place - 1, 0) / 2, "high": place / 2,
                 "n": int(share * 100), "share": share, "at_most": sum(shares[: place + 1]),
                 "least": place / 2, "most": place / 2}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _by_k(runs: str = "ab") -> pd.DataFrame:
    k = np.array([1, 5, 10, 50, 100])
    parts = [
        pd.DataFrame({"id": run, "label": RUNS[run], "k": k, "value": slope * k / 100 + start}).assign(
            low=lambda one: one["value"] - 0.01, high=lambda one: one["value"] + 0.01
        )
        for run, slope, start in zip(runs, (0.1, 0.3, 0.0), (0.2, 0.1, 0.0), strict=False)
    ]
    return pd.concat(parts, ignore_index=True)


def _points(n: int = 3) -> pd.DataFrame:
    table = pd.DataFrame(
        {"id": list(RUNS), "label": list(RUNS.values()), "x": [0.1, 0.5, 0.4], "y": [0.4, 0.2, 0.1]}
    )
    for axis in ("x", "y"):
        table[f"{axis}_low"], table[f"{axis}_high"] = table[axis] - 0.05, table[axis] + 0.05
    return table.assign(front=[True, True, False]).head(n)


def _predicted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    truth = rng.integers(1, 6, 300).astype(float)
    return rng.integers(0, 40, 300), truth, np.clip(3 + 0.4 * (truth - 3) + rng.normal(0, 0.5, 300), 1, 5)


def _of_run(table: pd.DataFrame, run: str = "a") -> pd.DataFrame:
    return table.assign(id=run, label=RUNS[run])


def _texts(spec: Any) -> str:
    return str(spec)


def test_runs_of_one_colour_differ_in_shape_and_dash() -> None:
    styles = Styles.of(_slices("abc"), COLOURS, dark=False)
    assert styles.labels == tuple(RUNS.values())
    assert styles.shapes == (SHAPES[0], SHAPES[0], SHAPES[1])
    assert styles.dashes == (DASHES[0], DASHES[0], DASHES[1])
    assert Styles.of(_slices("a"), {}, dark=True).colours == (DARK.floor,)


def test_names_of_lines_that_end_together_stand_apart() -> None:
    table = pd.DataFrame(
        {"id": list("abc"), "label": ["x" * 60, "y", "z"], "k": 100, "value": [0.5, 0.5, 0.1]}
    )
    ends = line_ends(table, "k", "value")
    heights = sorted(ends["value"])
    assert min(np.diff(heights)) >= 0.05 - 1e-9
    assert max(map(len, ends["name"])) < 30


def test_slices_say_whom_the_first_run_serves_worst_and_best() -> None:
    chart = slices.slices(_slices(), "NDCG@10", COLOURS)
    assert title_of(chart) == "NDCG@10 0.200 for light, 0.400 for heavy"
    assert "'name': 'slice'" in _texts(chart.to_dict())
    assert (
        title_of(slices.slices(_slices(), "RMSE", COLOURS, direction=-1))
        == "RMSE 0.400 for heavy, 0.200 for light"
    )
    assert title_of(slices.slices(_slices()[:1], "NDCG@10", COLOURS)) == "One slice: light, NDCG@10 0.200"
    assert title_of(slices.slices(_slices()[:0], "NDCG@10", COLOURS)) == "No slice is large enough"


def test_the_others_fade_where_a_slice_is_chosen() -> None:
    def faded(chosen: str | None) -> list[bool]:
        data = slices.slices(_slices("a"), "NDCG@10", COLOURS, chosen=chosen).to_dict()["datasets"].values()
        (rows,) = [rows for rows in data if rows and "faded" in rows[0]]
        return [row["faded"] for row in rows]

    assert faded("light") == [False, True]
    assert faded(None) == faded("no such slice") == [False, False]


def test_the_spread_says_how_many_get_nothing() -> None:
    chart = spread.spread(_spread(), "ndcg@10", "readers", COLOURS)
    expected = "NDCG@10 0: 10% of the readers under EASE · aaaa, 40% under Popularity · bbbb"
    assert title_of(chart) == expected
    one = spread.spread(_spread("a"), "ndcg@10", "readers", COLOURS, adding_up=True)
    assert title_of(one) == "EASE · aaaa: 10% of the readers have NDCG@10 0"
    assert "at_most:Q" in str(one.to_dict()) or "'field': 'at_most'" in str(one.to_dict())
    none = _spread("a").iloc[1:].assign(low=[0.1, 0.5])
    assert title_of(spread.spread(none, "rmse", "readers", COLOURS)).startswith(
        "EASE · aaaa: half of the readers"
    )
    assert title_of(spread.spread(none[:0], "rmse", "readers", COLOURS)) == "Nobody has this figure"


def test_what_was_brushed_is_shaded() -> None:
    def shaded(chosen: tuple[float, float] | None) -> list[dict[str, float]]:
        spec = spread.spread(_spread("a"), "ndcg@10", "readers", COLOURS, chosen=chosen).to_dict()
        return [row for rows in spec["datasets"].values() for row in rows if "first" in row]

    assert shaded((0.5, 1.0)) == [{"first": 1, "last": 3}]
    assert shaded((0.0, 0.0)) == [{"first": 0, "last": 1}]
    assert shaded(None) == []


def test_curves_by_k_say_where_the_lead_changes() -> None:
    chart = spread.k_curves(_by_k(), "ndcg", 10, COLOURS)
    assert title_of(chart) == "EASE · aaaa leads in NDCG at k = 10; Popularity · bbbb at k = 100"
    leads = spread.k_curves(_by_k().assign(value=[0.9] * 5 + [0.1] * 5), "ndcg", 10, COLOURS)
    assert title_of(leads) == "EASE · aaaa leads in NDCG at every k"
    assert title_of(spread.k_curves(_by_k("a"), "ndcg", 10, COLOURS)) == "EASE · aaaa: NDCG 0.210 at k = 10"
    assert title_of(spread.k_curves(_by_k()[:0], "ndcg", 10, COLOURS)) == "No run has this figure by k"


@pytest.mark.parametrize(
    ("directions", "step"), [((1, 1), "step-before"), ((1, -1), "step-before"), ((-1, 1), "step-after")]
)
def test_the_front_steps_on_the_side_that_is_beaten(directions: tuple[int, int], step: str) -> None:
    spec = pareto.against(_points(), "coverage@10", "ndcg@10", COLOURS, directions=directions).to_dict()
    assert step in str(spec)


def test_the_front_in_words() -> None:
    def title(table: pd.DataFrame) -> str:
        return title_of(pareto.against(table, "coverage@10", "ndcg@10", COLOURS))

    assert title(_points()) == "NDCG@10 or Coverage@10: nothing beats 2 of 3 runs in both"
    assert title(_points(2)) == "NDCG@10 or Coverage@10: no run is better in both than another"
    assert title(_points(1)) == "EASE · aaaa is best in NDCG@10 and in Coverage@10 at once"
    assert title(_points(0)) == "No run has both figures"


def test_with_thirty_runs_only_the_front_is_named() -> None:
    rng = np.random.default_rng(0)
    table = pd.concat([_points(1)] * 30, ignore_index=True)
    table["x"], table["y"] = rng.random(30), rng.random(30)
    table["front"] = np.arange(30) < 3
    spec = pareto.against(table, "coverage@10", "ndcg@10", COLOURS).to_dict()
    named = [row for rows in spec["datasets"].values() for row in rows if "name" in row]
    assert 1 <= len({(row["x"], row["y"]) for row in named}) <= 3


def test_errors_and_calibration_in_words() -> None:
    users, truth, predicted = _predicted()
    table = _of_run(by_truth(users, truth, predicted))
    said = title_of(ratings.by_truth(table, "mean_error", "stars", COLOURS))
    assert said.startswith("EASE · aaaa: a true ")
    assert said.endswith(("too high on average", "too low on average"))
    assert title_of(ratings.by_truth(table, "rmse", "stars", COLOURS)).startswith(
        "EASE · aaaa errs most where the true stars"
    )
    assert title_of(ratings.by_truth(table[:0], "mae", "stars", COLOURS)) == "No run here predicts a stars"
    bins = calibration(users, truth, predicted)
    gap = calibration_gap(bins)
    chart = ratings.calibration(_of_run(bins), "stars", COLOURS, {"a": gap})
    assert title_of(chart).startswith("EASE · aaaa: what is predicted comes true within 0.")
    assert "No run" in title_of(ratings.calibration(_of_run(bins[:0]), "stars", COLOURS, {"a": float("nan")}))


def test_the_curves_of_liked_in_words() -> None:
    _users, truth, predicted = _predicted()
    found = liked_curves(truth, predicted, 4.0)
    here = pd.DataFrame(
        [{"id": "a", "label": RUNS["a"], "recall": 0.5, "precision": 0.9, "false_alarms": 0.1}]
    )
    one = ratings.roc(_of_run(found.roc), {"a": found.auc}, here, COLOURS)
    assert title_of(one) == f"EASE · aaaa: AUC {found.auc:.3f}"
    both = pd.concat([_of_run(found.pr), _of_run(found.pr, "b")])
    areas = {"a": 0.7, "b": 0.8}
    two = ratings.precision_recall(both, areas, here, COLOURS, share=found.share)
    assert title_of(two) == "Popularity · bbbb leads in average precision: 0.800"
    assert "there is no curve" in title_of(
        ratings.roc(_of_run(found.roc), {"a": float("nan")}, here[:0], COLOURS)
    )


@pytest.mark.parametrize("dark", [False, True])
def test_every_chart_can_be_drawn_in_both_modes(dark: bool) -> None:
    users, truth, predicted = _predicted()
    text = (DARK if dark else LIGHT).floor
    charts = (
        slices.slices(_slices("abc"), "NDCG@10", {}, dark=dark),
        pareto.against(_points(), "coverage@10", "ndcg@10", COLOURS, dark=dark),
        ratings.calibration(
            _of_run(calibration(users, truth, predicted)), "stars", COLOURS, {"a": 0.1}, dark=dark
        ),
        spread.k_curves(_by_k("abc"), "ndcg", 10, COLOURS, dark=dark),
    )
    assert [text in str(chart.to_dict()) for chart in charts] == [True] * 4


def test_a_table_too_large_for_a_browser_is_refused() -> None:
    large = pd.concat([_slices()] * (MAX_ROWS // 4 + 1), ignore_index=True)
    with pytest.raises(ValueError, match="too many"):
        slices.slices(large, "NDCG@10", COLOURS)
