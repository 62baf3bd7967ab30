from __future__ import annotations

import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Words
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.meanings import (
    MEANINGS,
    arrow,
    better,
    duration,
    fetching,
    meaning,
    number,
    split_name,
    title,
    with_interval,
)
from recsys_core.models.baselines import Bias, Popularity

FILMS = Words(item="film", items="films", user="viewer", users="viewers", value="rating", verb="watched")


@pytest.fixture(scope="module")
def emitted() -> set[str]:
    """Every name that judging can give: lists of implicit data, lists and ratings of rated data."""
    names: set[str] = set()
    for kind, model in ((Kind.IMPLICIT, Popularity), (Kind.RATING, Bias)):
        split = make_split(simulate(kind, n_users=30, n_items=20, mean_events=8).dataset, SplitSpec())
        names |= evaluate(model().fit(split, seed=0).scorer, split, k=5).metrics.keys()
    return names


def test_every_metric_has_a_meaning_and_every_meaning_a_metric(emitted: set[str]) -> None:
    assert {split_name(name)[0] for name in emitted} == MEANINGS.keys()


def test_meanings_are_whole_sentences_in_the_words_of_the_data(emitted: set[str]) -> None:
    for name in emitted:
        text = meaning(name, FILMS)
        assert not text[0].islower(), name
        assert text.endswith("."), name
        assert "{" not in text, name
        assert "None" not in text, name
        assert not {"item", "items", "user", "users"} & set(text.replace(".", "").split()), name


def test_the_direction_stands_in_the_meaning_and_in_the_arrow() -> None:
    assert (better("ndcg@10"), better("rmse"), better("novelty@10")) == (1, -1, 0)
    assert (arrow("ndcg@10"), arrow("rmse"), arrow("novelty@10")) == ("↑", "↓", "")
    assert meaning("ndcg@10", FILMS).endswith("Higher is better.")
    assert meaning("rmse", FILMS).endswith("Lower is better.")
    assert "better" not in meaning("novelty@10", FILMS)


@pytest.mark.parametrize("name", ["rmse", "mae", "mse", "gini@10", "top_item_share@10"])
def test_errors_and_inequality_are_better_low(name: str) -> None:
    assert better(name) == -1


@pytest.mark.parametrize(
    "name", ["ndcg@5", "hr_liked@5", "auc", "accuracy", "coverage@5", "personalisation@5"]
)
def test_hits_and_reach_are_better_high(name: str) -> None:
    assert better(name) == 1


def test_k_stands_in_title_and_meaning() -> None:
    assert title("ndcg@7") == "NDCG@7"
    assert title("rmse") == "RMSE"
    assert "first 7 films" in meaning("ndcg@7", FILMS)


def test_an_unknown_metric_shows_its_name_and_claims_nothing() -> None:
    assert title("lift@3") == "lift@3"
    assert meaning("lift@3", FILMS) == ""
    assert (better("lift@3"), arrow("lift@3")) == (0, "")


@pytest.mark.parametrize(("name", "parts"), [("ndcg@10", ("ndcg", 10)), ("rmse", ("rmse", None))])
def test_a_name_falls_into_metric_and_k(name: str, parts: tuple[str, int | None]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.4423, "0.442"),
        (0.0, "0.000"),
        (0.00004, "0.000"),
        (-0.05, "-0.050"),
        (0.9999, "1.000"),
        (1.0, "1"),
        (12.345, "12.3"),
        (999.4, "999"),
        (999.5, "1,000"),  # rounds up into the thousands
        (999.96, "1,000"),
        (1234.5, "1,234"),
        (-1234.5, "-1,234"),
        (1_682_000, "1,682,000"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_numbers_show_three_significant_digits(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        ([0.425, 0.459], "0.442 ± 0.017"),
        (None, "0.442"),
        ([], "0.442"),
        ([float("nan"), float("nan")], "0.442"),
    ],
)
def test_an_interval_is_shown_by_its_half_width(interval: list[float] | None, text: str) -> None:
    assert with_interval(0.442, interval) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (12.4, "12 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_read_like_speech(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_fetching_is_a_share_and_a_sentence_with_the_time_left() -> None:
    event = {"status": "downloading", "done": 131_000_000, "of": 262_000_000, "seconds_left": 200.4}
    assert fetching(event) == (0.5, "131.0 of 262.0 MB · 3 min 20 s left")
    assert fetching(event | {"of": 0, "seconds_left": None}) == (0.0, "131.0 MB")
    assert fetching(event | {"done": 300_000_000})[0] == 1.0  # more than it was thought to be
    assert fetching({"status": "reading", "share": 0.25}) == (0.25, "Reading")
    assert fetching({"status": "something new"}) == (0.0, "Asking for it")
