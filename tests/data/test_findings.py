"""Findings: each planted fault is found with its figures and evidence, and clean data have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, Words, make_dataset
from recsys_core.data.event_index import EventIndex
from recsys_core.data.findings import Finding, Weight, findings
from tests.data.explored import DAY, START, clicks

NOW = START + 1000 * DAY
DAYS = 300


def clean(seed: int = 3) -> Dataset:
    """Ratings without anything conspicuous: 40 users, 30 items, every day some, the last week whole."""
    rng = np.random.default_rng(seed)
    rows = 900
    times = START + np.arange(rows) * (DAYS * DAY) // rows + rng.integers(0, 3600, rows)
    monday = START + (4 - START // DAY % 7) % 7 * DAY  # 1970 began on a Thursday
    times += monday - START
    times[-1] = monday + (DAYS // 7 + 1) * 7 * DAY - 600  # a Sunday evening
    events = pd.DataFrame(
        {
            "user_id": [f"u{one}" for one in rng.integers(0, 40, rows)],
            "item_id": [f"i{one}" for one in rng.integers(0, 30, rows)],
            "value": rng.integers(1, 6, rows).astype(float),
            "timestamp": times,
        }
    ).drop_duplicates(["user_id", "item_id"], keep="last")
    ids = pd.Series([f"i{one}" for one in range(30)])
    items = pd.DataFrame({"item_id": ids, "title": "Song " + ids, "colour": ["red", "blue", "green"] * 10})
    words = Words(item="song", items="songs", user="listener", users="listeners", value="stars")
    return make_dataset("clean", Kind.RATING, events, items=items, words=words)


CLEAN = clean()


def found_in(data: Dataset) -> dict[str, Finding]:
    return {one.name: one for one in findings(EventIndex.of(data), now=NOW)}


def _with(rows: list[tuple[str, str, float, int]]) -> Dataset:
    """The clean data and these rows besides."""
    events = CLEAN.interactions
    old = pd.DataFrame(
        {
            "user_id": CLEAN.users["user_id"].to_numpy()[events["user"]],
            "item_id": CLEAN.items["item_id"].to_numpy()[events["item"]],
            "value": events["value"],
            "timestamp": events["timestamp"],
        }
    )
    new = pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp"])
    return make_dataset("planted", Kind.RATING, pd.concat([old, new]), items=CLEAN.items, words=CLEAN.words)


def _column(name: str, change: Callable[[pd.Series], object]) -> Dataset:
    return replace(CLEAN, interactions=CLEAN.interactions.assign(**{name: change(CLEAN.interactions[name])}))


def _items(**columns: object) -> Dataset:
    return replace(CLEAN, items=CLEAN.items.assign(**columns))


def test_clean_data_give_no_warning() -> None:
    assert {name: one.sentence for name, one in found_in(CLEAN).items()} == {}


MIDDLE = START + 100 * DAY
HASTY = _with([("quick", f"i{one}", 1 + one % 5, MIDDLE + 10 * one) for one in range(12)])
SAME = _with([("flat", f"i{one}", 4, MIDDLE + one * DAY) for one in range(15)])
TWINS = _with(
    [(who, f"i{one}", 1 + one % 5, MIDDLE + one * DAY + place) for place, who in enumerate(("t1", "t2")) for one in range(11)]
)  # fmt: skip
BOT = _with([("bot", f"i{one % 30}", 1 + one % 5, MIDDLE + one * 3600) for one in range(400)])
PLANTED = {
    "hasty": (HASTY, "1 listener with 10 or more values gave all of them within 2 minutes", "quick"),
    "one value of users": (SAME, "1 listener with 10 or more rows and the same stars in all of them", "flat"),
    "twins": (TWINS, "2 listeners with 10 or more rows and exactly the same songs and values", "t1"),
    "dominant users": (BOT, "1 listener with more than 5% of the rows; the largest, bot, holds", "bot"),
    "stand-in": (_column("value", lambda one: one.where(one.index % 20 > 0, 99.0)), "99 stands apart", 99),
    "constant value": (_column("value", lambda one: 3.0), "Every stars is 3", 3),
    "impossible times": (
        _column("timestamp", lambda one: one.where(one.index > 4, 0)), "5 lie before 1990", "1970-01-01 00:00:00"
    ),
    "same time": (_column("timestamp", lambda one: one.where(one.index % 9 > 0, MIDDLE + 5)), "one and the same time", None),
    "midnight": (_column("timestamp", lambda one: one // DAY * DAY), "Times tell the day but not the hour", 0),
    "gaps": (_column("timestamp", lambda one: one.where(one < MIDDLE, one + 200 * DAY)), "1 long gap without any row", 201.0),
    "bursts": (
        _column("timestamp", lambda one: one.where(one.index % 4 > 0, MIDDLE + one.index * 7 % 80_000)),
        "1 day has more than 20 times", None,
    ),
    "repeated titles": (_items(title=["Hey", "Hey", *CLEAN.items["title"][2:]]), "1 title stands for several songs", "Hey"),
    "no title": (_items(title=["i0", "i1", *CLEAN.items["title"][2:]]), "2 of 30 songs have no title", "i0"),
    "missing attributes": (
        _items(colour=[None] * 10 + ["red", "blue"] * 10), "colour is missing for 33.3% of the songs", "colour"
    ),
    "constant attributes": (_items(shop="one"), "1 attribute has the same value everywhere: shop", "one"),
    "id attributes": (_items(code=[f"c{one}" for one in range(30)]), "1 attribute is different for everybody: code", "code"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_its_evidence(name: str) -> None:
    data, said, shown = PLANTED[name]
    found = found_in(data)
    assert name in found, list(found)
    assert said in found[name].sentence
    assert found[name].remedy.endswith(".")
    assert shown is None or shown in found[name].evidence.to_numpy()
    assert found[name].n_evidence >= len(found[name].evidence) > 0


def test_the_unfinished_period_is_the_last_one() -> None:
    last = int(CLEAN.interactions["timestamp"].max())
    cut = CLEAN.interactions[CLEAN.interactions["timestamp"] < last - 4 * DAY]
    found = found_in(replace(CLEAN, interactions=cut))
    assert "is not over" in found["unfinished"].sentence


def test_times_in_milliseconds_are_told_though_they_have_no_calendar() -> None:
    odd = _column("timestamp", lambda one: one.where(one.index % 2 > 0, one * 1000))
    found = found_in(odd)["impossible times"]
    assert found.weight is Weight.SERIOUS and "in the future" in found.sentence


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        ([1, 2, 3, 4, 5], []),
        ([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5], []),
        ([-1, 1, 2, 3, 4, 5], [-1]),
        ([1, 2, 3, 4, 5, 99], [99]),
        ([-99, 1, 2, 3, 4, 5, 99], [-99, 99]),
        ([1, 3, 5, 7], []),
        ([1, 10, 100], []),
    ],
)
def test_which_values_stand_apart(values: list[float], odd: list[float]) -> None:
    data = _column("value", lambda one: np.resize(np.array(values, dtype=float), len(one)))
    found = found_in(data).get("stand-in")
    assert ([] if found is None else found.evidence.iloc[:, 0][found.evidence.iloc[:, 2]].tolist()) == odd


def test_a_stand_in_on_a_fine_scale_is_found_and_a_single_slip_is_not() -> None:
    fine = np.random.default_rng(0).uniform(-10, 10, len(CLEAN.interactions)).round(2)
    places = np.arange(len(fine))
    many = _column("value", lambda _old: np.where(places < 20, 99.0, fine))
    assert "99 stands apart" in found_in(many)["stand-in"].sentence
    assert "stand-in" not in found_in(_column("value", lambda _old: np.where(places < 1, 99.0, fine)))


def test_zeros_that_stand_for_nothing_are_found() -> None:
    data = _column("value", lambda one: one.where(one.index % 2 > 0, 0.0))
    assert "0 stands apart" in found_in(data)["stand-in"].sentence


def test_cold_items_are_told_with_their_share_of_the_rows() -> None:
    data = _with([(f"u{one % 40}", f"rare{one}", 3, MIDDLE + one * 1000) for one in range(60)])
    assert "67% of the songs have fewer than 5" in found_in(data)["cold items"].sentence


def test_rows_that_had_no_time_are_known_from_the_report_of_the_cleaning() -> None:
    step = {
        "name": "drop rows with a missing id, value or time",
        "rows_before": 1000,
        "rows_after": 880,
        "step": "missing",
    }
    other = {"name": "remove exact duplicates", "rows_before": 880, "rows_after": 879, "step": "exact"}
    found = found_in(replace(CLEAN, cleaning=(step, other)))["left out"]
    assert found.sentence.startswith("12.0% of the rows of the file had no id, value or time")
    assert found.evidence.iloc[:, -1].tolist() == [120, 1]
    assert "left out" not in found_in(replace(CLEAN, cleaning=(other,)))


def test_clicks_without_anything_else_are_checked_too() -> None:
    table = clicks(2000).interactions
    rare = replace(clicks(2000), interactions=table.assign(value=np.r_[1.0, np.zeros(1999)]))
    found = found_in(rare)
    assert set(found) == {"no time", "rare ones"}
    assert "0.05% of the rows are 1 (1 of 2,000)" in found["rare ones"].sentence


def test_implicit_data_have_no_opinion_to_warn_about() -> None:
    found = found_in(replace(_column("value", lambda one: 1.0), kind=Kind.IMPLICIT))
    assert found == {}


def test_the_heaviest_stand_first_and_evidence_is_cut() -> None:
    events = CLEAN.interactions
    many = pd.concat([events.assign(timestamp=0)] * 3 + [events], ignore_index=True)
    found = findings(EventIndex.of(replace(CLEAN, interactions=many)), now=NOW)
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    first = next(one for one in found if one.name == "impossible times")
    assert len(first.evidence) == 1000 < first.n_evidence == 3 * len(events)


def test_real_ratings_repeat_eighteen_titles(movielens: Dataset) -> None:
    found = found_in(movielens)
    assert "18 titles" in found["repeated titles"].sentence
    assert found["repeated titles"].n_evidence == 36
