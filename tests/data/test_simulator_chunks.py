"""Worlds in chunks and as files: the same rows whatever the chunk, bounded, atomic."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.data.simulator import (
    CAUSES,
    Targets,
    WorldSpec,
    chunks,
    keep_world,
    open_world,
    simulate,
    simulate_spec,
    write_world,
)
from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.store import keep_dataset
from recsys_core.errors import DataError, NotSupported, ParamError

SPANS_BLOCKS = {"n_users": 1_500, "n_items": 50, "mean_events": 6}
"""More users than one block holds."""


def _whole(spec: WorldSpec, **options: Any) -> pd.DataFrame:
    return pd.concat(list(chunks(spec, **options)), ignore_index=True)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("rows", [1, 997, 4_096, 10**9])
def test_the_rows_are_the_same_in_chunks_of_any_size(kind: Kind, rows: int) -> None:
    spec = WorldSpec(kind, seed=4, **SPANS_BLOCKS)
    if rows == 1:
        spec = WorldSpec(kind, seed=4, n_users=20, n_items=30, mean_events=5)
    parts = list(chunks(spec, rows=rows, truth=True))
    assert {len(part) for part in parts[:-1]} <= {rows}
    assert len(parts[-1]) <= rows
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), _whole(spec, truth=True))


@pytest.mark.parametrize("kind", list(Kind))
def test_asking_for_the_truth_changes_no_row(kind: Kind) -> None:
    spec = WorldSpec(kind, **SPANS_BLOCKS)
    told = _whole(spec, truth=True)
    pd.testing.assert_frame_equal(_whole(spec), told.drop(columns=["cause", "expected"]))


@pytest.mark.parametrize("kind", list(Kind))
def test_chunks_hold_the_rows_of_the_world(kind: Kind) -> None:
    spec = WorldSpec(kind, n_users=80, n_items=40, mean_events=10, seed=2, drift=0.5)
    told, world = _whole(spec, truth=True), simulate_spec(spec)
    events = world.dataset.interactions
    mine = pd.DataFrame(
        {
            "user_id": world.kept_users[events["user"]] + 1,
            "item_id": world.kept_items[events["item"]] + 1,
            "value": events["value"],
            "timestamp": events["timestamp"],
            "cause": world.causes,
            "expected": world.expected(),
        }
    )
    order = list(mine.columns)
    pd.testing.assert_frame_equal(
        mine.sort_values(order).reset_index(drop=True), told[order].sort_values(order).reset_index(drop=True)
    )


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("rows", [1_000, 20_000])
def test_a_world_asked_for_by_rows_has_exactly_so_many(kind: Kind, rows: int) -> None:
    assert len(_whole(WorldSpec.of_rows(kind, rows, seed=rows))) == rows


def test_the_largest_world_begins_at_once() -> None:
    spec = WorldSpec.of_rows(Kind.IMPLICIT, 32_000_000)
    assert (spec.n_users, spec.n_items, spec.mean_events) == (339_397, 22_627, 100)
    begun = pd.concat(islice(chunks(spec, rows=10_000), 3))
    assert len(begun) == 30_000
    assert begun["item_id"].max() <= spec.n_items


@pytest.mark.parametrize(
    ("rows", "dials", "named"),
    [
        (999, {}, "rows"),
        (32_000_001, {}, "rows"),
        (2_000, {"n_users": 50}, "n_users"),
        (2_000, {"n_items": 0}, "n_items"),
        (2_000, {"mean_events": float("nan")}, "mean_events"),
        (2_000, {"shares": (0.5, 0.5, 0.5, 0.5)}, "shares"),
    ],
)
def test_rows_and_dials_out_of_range_are_refused(rows: int, dials: dict[str, Any], named: str) -> None:
    with pytest.raises(ParamError) as caught:
        WorldSpec.of_rows(Kind.RATING, rows, **dials)
    assert caught.value.where == named


@given(
    kind=st.sampled_from(list(Kind)),
    seed=st.integers(0, 2**63 - 1),
    drift=st.floats(0, 1),
    popularity=st.floats(0, 3),
    noise=st.floats(0, 5),
    weights=st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda one: sum(one) > 0.01),
)
@settings(max_examples=40, deadline=None)
def test_whatever_the_dials_rows_and_truth_make_sense(
    kind: Kind, seed: int, drift: float, popularity: float, noise: float, weights: list[float]
) -> None:
    shares = tuple(weight / sum(weights) for weight in weights)
    spec = WorldSpec(
        kind, 30, 20, seed, 6, noise=noise, popularity=popularity, drift=drift, shares=shares
    )  # fmt: skip
    told = _whole(spec, truth=True)
    assert told["user_id"].between(1, 30).all()
    assert told["item_id"].between(1, 20).all()
    assert told["timestamp"].between(1_577_836_800, 1_577_836_800 + 2 * 365 * 86_400).all()
    assert set(told["cause"]) <= {code for code, share in enumerate(shares) if share > 0}
    low, high = (1.0, 5.0) if kind is Kind.RATING else (0.0, 1.0)
    assert told["value"].between(low, high).all()
    assert told["expected"].between(low, high).all()
    by_user = told.groupby("user_id")["timestamp"]
    assert by_user.apply(lambda times: times.is_monotonic_increasing).all()
    if kind is not Kind.CLICK:
        assert not told.duplicated(["user_id", "item_id"]).any()
    world = simulate_spec(spec)
    everybody = np.arange(world.dataset.n_users)
    chances = world.nature.chances(world.kept_users, np.full(len(everybody), 0.3))
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-6)
    assert (chances >= 0).all()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_hold_the_world_and_the_truth_stands_apart(tmp_path: Path, suffix: str) -> None:
    spec = WorldSpec(Kind.CLICK, seed=1, **SPANS_BLOCKS)
    names = ("events", "users", "items", "truth")
    targets = Targets(*(tmp_path / f"{name}{suffix}" for name in names))
    told: list[int] = []
    done = write_world(spec, targets, report=told.append)
    read = pd.read_csv if suffix == ".csv" else pd.read_parquet
    events, users, items, truth = (read(tmp_path / f"{name}{suffix}") for name in names)
    expected = _whole(spec, truth=True)
    assert told == [len(expected)] == [done.rows] == [len(events)]
    assert not {"cause", "expected"} & set(events.columns)
    for column in events:
        np.testing.assert_array_equal(events[column], expected[column], err_msg=column)
    assert truth["cause"].tolist() == [CAUSES[code] for code in expected["cause"]]
    np.testing.assert_allclose(truth["expected"], expected["expected"])
    assert truth["user_id"].tolist() == events["user_id"].tolist()
    assert sorted(users["user_id"]) == sorted(set(events["user_id"]))
    assert sorted(items["item_id"]) == sorted(set(events["item_id"]))
    assert items["category"].str.split("|").str.len().between(1, 2).all()
    assert (done.n_users, done.n_items) == (len(users), len(items))
    assert sum(done.causes.values()) == done.rows
    p, clicked = expected["expected"].to_numpy(), expected["value"].to_numpy(float)
    assert done.best["log_loss"] == pytest.approx(-np.log(np.where(clicked > 0, p, 1 - p)).mean())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}{suffix}" for name in names)


def test_a_world_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "events.csv"
    target.write_text("old")

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_world(WorldSpec(Kind.RATING, **SPANS_BLOCKS), Targets(target), report=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["events.csv"]
    assert target.read_text() == "old"


def test_targets_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match=r"\.csv or \.parquet"):
        Targets(tmp_path / "events.txt")
    with pytest.raises(ParamError, match="two tables"):
        Targets(tmp_path / "a.csv", truth=tmp_path / "a.csv")
    with pytest.raises(DataError, match="folder"):
        Targets(tmp_path / "nowhere" / "a.csv")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kept_world_is_found_again_with_its_optimum(workspace: Path, kind: Kind) -> None:
    world = keep_world(simulate(kind, n_users=80, n_items=50, seed=9, drift=0.4), "mine", actor="ada")
    again = open_world("mine")
    assert again.spec == world.spec
    assert again.dataset.name == "mine"
    best = [one.best(make_split(one.dataset, SplitSpec())).figures for one in (world, again)]
    assert best[0] == best[1]


def test_a_simulated_source_has_a_known_truth_and_other_data_have_none(workspace: Path) -> None:
    fetch_source("simulated-implicit", actor="ada")
    assert open_world("simulated-implicit").spec == WorldSpec(Kind.IMPLICIT)
    keep_dataset(simulate(Kind.RATING, n_users=30, n_items=20).dataset.renamed("other"), actor="ada")
    with pytest.raises(NotSupported, match="truth"):
        open_world("other")


def test_a_damaged_spec_is_said_to_be_damaged(workspace: Path) -> None:
    keep_world(simulate(Kind.RATING, n_users=30, n_items=20), "mine", actor="ada")
    place = workspace / "datasets" / "mine" / "world.json"
    place.write_text(place.read_text().replace('"seed": 0', '"seed": "none"'))
    with pytest.raises(DataError, match=r"world\.json"):
        open_world("mine")
