"""The profile of a selection: figures by hand on four users, what is left out where there is nothing, real data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.binning import Scale
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.event_index import EventIndex
from recsys_core.data.groupings import Key, keys_of
from recsys_core.data.profile import attribute_shares, item_table, profile, user_table, view
from recsys_core.data.selection import Pick, Selection, rows_of
from tests.data.explored import DAY, START, clicks, random_ratings

GENRES = Key("items", "genres")


def test_the_figures_of_four_users_by_hand(tiny_ratings: Dataset) -> None:
    seen = profile(tiny_ratings)
    assert (seen.n_rows, seen.n_all) == (12, 12)
    assert seen.density == pytest.approx(12 / 24)
    assert seen.mean[0] == pytest.approx(39 / 12)
    assert seen.values[["value", "count"]].to_numpy().tolist() == [
        ["1", 2],
        ["2", 2],
        ["3", 2],
        ["4", 3],
        ["5", 3],
    ]
    assert seen.users is not None and seen.items is not None
    assert (seen.users.n, seen.users.median) == (4, 3)
    # items a..f have 3 3 2 2 1 1 rows: a and b hold half
    assert seen.items.half_share == pytest.approx(2 / 6)
    assert (seen.items.cold.n, seen.items.cold.share_of_rows) == (6, 1)


def test_a_pick_and_a_period_are_answered_together(tiny_ratings: Dataset) -> None:
    index = EventIndex.of(tiny_ratings)
    calm = Selection(first=20, last=40, picks=(Pick(GENRES, "calm"),))
    seen = view(index, calm, by=GENRES)
    # calm items a b d; between second 20 and 40: ann b d, bob b, cem d
    assert seen.n_rows == 4 and seen.mean[0] == pytest.approx((3 + 1 + 2 + 5) / 4)
    assert seen.users is not None and seen.users.n == 3
    # the picked attribute itself shows all its values, the picked one marked: wild b b c c, odd e
    shown = seen.by_attribute.set_index("value")
    assert shown["count"].to_dict() == {"calm": 4, "wild": 4, "odd": 1}
    assert shown["chosen"].to_dict() == {"calm": True, "wild": False, "odd": False}
    # the chart over time shows all times of the picked value: a b d have 3 + 3 + 2 rows
    assert seen.over_time["count"].sum() == 8


def test_the_chosen_period_is_marked_on_the_chart_over_time() -> None:
    index = EventIndex.of(random_ratings())
    seen = view(index, Selection(first=START + 100 * DAY, last=START + 140 * DAY))
    chosen = seen.over_time[seen.over_time["chosen"]]
    assert 6 <= len(chosen) <= 8  # weeks that the forty days touch
    assert seen.over_time["count"].sum() == len(index.value)
    assert seen.in_time["count"].sum() == seen.n_rows < len(index.value)


def test_a_selection_without_a_row_still_has_the_charts_to_leave_it(tiny_ratings: Dataset) -> None:
    seen = view(EventIndex.of(tiny_ratings), Selection(first=1000, last=2000), by=GENRES)
    assert seen.n_rows == 0 and seen.users is None and seen.values.empty
    assert seen.over_time["count"].sum() == 12


def test_clicks_without_users_items_and_time() -> None:
    data = clicks()
    seen = view(EventIndex.of(data), by=Key("rows", "device"))
    assert seen.users is None and seen.items is None and seen.density is None
    assert seen.over_time.empty and seen.hours.empty
    share = data.interactions["value"].mean()
    assert seen.mean[0] == pytest.approx(share) and seen.mean[1] < share < seen.mean[2]
    assert set(seen.by_attribute["value"]) == {"phone", "desk"}


def test_counts_with_a_heavy_tail_are_shown_in_doubling_steps() -> None:
    rng = np.random.default_rng(0)
    events = pd.DataFrame(
        {
            "user_id": rng.integers(0, 40, 900).astype(str),
            "item_id": rng.integers(0, 60, 900).astype(str),
            "value": rng.zipf(1.7, 900).clip(0, 5000),
        }
    ).drop_duplicates(["user_id", "item_id"])
    data = make_dataset("counts", Kind.IMPLICIT, events)
    index = EventIndex.of(data)
    assert index.steps.scale is Scale.DOUBLING
    seen = view(index)
    ones = seen.values.set_index("value").loc["1", "count"]
    assert ones == (events["value"] == 1).sum() and seen.values["count"].sum() == len(events)


def test_the_search_counts_the_selected_rows_only(tiny_ratings: Dataset) -> None:
    index = EventIndex.of(tiny_ratings)
    assert item_table(tiny_ratings)["count"].tolist() == [3, 3, 2, 2, 1, 1]
    rows = rows_of(index, Selection(first=30, last=None))
    found = item_table(tiny_ratings, rows=rows)
    # from second 30 on: c d e (ann), c (bob), f (cem), a (dee)
    assert dict(zip(found["item_id"], found["count"], strict=True)) == {
        "c": 2,
        "a": 1,
        "d": 1,
        "e": 1,
        "f": 1,
    }
    assert item_table(tiny_ratings, "beta")["item_id"].tolist() == ["b"]
    assert user_table(tiny_ratings, "53")["user_id"].tolist() == ["cem"]


def test_an_exact_id_stands_first(tiny_ratings: Dataset) -> None:
    assert (
        item_table(tiny_ratings, "e")["item_id"].iloc[0] == "e"
    )  # though Beta, chosen more often, holds an e


def test_everybody_s_shares_of_the_items_attributes(tiny_ratings: Dataset) -> None:
    table = attribute_shares(EventIndex.of(tiny_ratings))
    shares = table[table["attribute"] == "genres"].set_index("value")["share"]
    assert shares.to_dict() == pytest.approx({"calm": 8 / 14, "wild": 5 / 14, "odd": 1 / 14})


def test_real_ratings_have_the_figures_that_are_known_of_them(movielens: Dataset) -> None:
    index = EventIndex.of(movielens)
    seen = view(index)
    assert (seen.n_rows, seen.users and seen.users.n, seen.items and seen.items.n) == (100_000, 943, 1682)
    assert seen.density == pytest.approx(0.0630, abs=5e-5)
    assert seen.mean[0] == pytest.approx(3.52986)
    assert seen.users is not None
    assert seen.users.lives["share"].iloc[:3].sum() == pytest.approx(0.68, abs=0.005)  # within one day
    parts = [view(index, Selection(picks=(Pick(Key("users", "gender"), one),))).n_rows for one in ("F", "M")]
    assert sum(parts) == 100_000 and Key("users", "zip_code") not in keys_of(movielens)
