from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recsys_core.columns import Kind
from recsys_core.data.kinds import propose_kind
from recsys_core.types import FloatArray

N = 2000


def _scale(low: float, high: float, step: float = 1.0) -> FloatArray:
    return np.random.default_rng(1).choice(np.arange(low, high + step / 2, step), N)


def _drawn() -> dict[str, tuple[FloatArray, Kind]]:
    rng = np.random.default_rng(2)
    zeros = np.where(rng.random(N) < 0.6, 0, rng.integers(1, 11, N))
    returns = np.where(rng.random(N) < 0.03, -1, 1) * np.ceil(rng.lognormal(1, 1.2, N))
    rare = np.r_[rng.choice([4.0, 5.0], N), 1.0, 2.0]
    return {
        "0.5 to 4": (_scale(0.5, 4, 0.5), Kind.RATING),
        "1 to 5": (_scale(1, 5), Kind.RATING),
        "1 to 5, nearly all high": (rare, Kind.RATING),
        "1 to 10": (_scale(1, 10), Kind.RATING),
        "0 to 10 with a pile of zeros": (zeros, Kind.RATING),
        "-1 for no answer": (np.where(rng.random(N) < 0.2, -1, _scale(4, 10)), Kind.RATING),
        "-10 to 10": (np.round(rng.uniform(-10, 10, N), 2), Kind.RATING),
        "-1, 0 and 1": (_scale(-1, 1), Kind.RATING),
        "0 to 100": (rng.integers(0, 101, N), Kind.RATING),
        "0 to 20 around 12": (np.round(rng.normal(12, 3, N).clip(0, 20) * 2) / 2, Kind.RATING),
        "80 to 100": (rng.normal(88, 3, N).round().clip(80, 100), Kind.RATING),
        "shares": (rng.beta(2, 1, N), Kind.RATING),
        "geometric counts": (rng.geometric(0.5, N), Kind.IMPLICIT),
        "Poisson counts of many": (rng.poisson(400, N), Kind.IMPLICIT),
        "plays": (np.ceil(rng.lognormal(3, 1.5, N)), Kind.IMPLICIT),
        "minutes": (rng.exponential(20, N), Kind.IMPLICIT),
        "quantities with returns": (returns, Kind.IMPLICIT),
        "amounts of money": (np.round(rng.lognormal(6, 0.5, N), 2), Kind.IMPLICIT),
        "0 and 1": (_scale(0, 1), Kind.IMPLICIT),
        "-1 and 1": (_scale(-1, 1, 2), Kind.IMPLICIT),
        "1 and 2": (_scale(1, 2), Kind.IMPLICIT),
        "all 3": (np.full(N, 3.0), Kind.IMPLICIT),
        "nothing but gaps": (np.full(N, np.nan), Kind.IMPLICIT),
    }


@pytest.mark.parametrize("name", _drawn())
def test_the_kind_is_seen_in_the_values_alone(name: str) -> None:
    values, kind = _drawn()[name]
    values = np.asarray(values, dtype=np.float64)
    guess = propose_kind(values)
    assert guess.kind is kind, guess
    assert 0 < guess.confidence <= 1
    assert guess.reason
    with_gaps = np.r_[values, np.nan, np.inf]
    assert propose_kind(with_gaps) == guess  # gaps and infinities say nothing


def test_without_values_every_row_says_chosen() -> None:
    assert propose_kind(None).kind is Kind.IMPLICIT
    assert "no value" in propose_kind(None).reason


@pytest.mark.parametrize(
    ("name", "kind"), [("value", Kind.RATING), ("rating", Kind.RATING), ("play_count", Kind.IMPLICIT)]
)
def test_small_counts_and_low_grades_look_alike_so_the_name_decides(name: str, kind: Kind) -> None:
    values = np.repeat([1.0, 2, 3, 4], [1000, 700, 80, 220])
    assert propose_kind(values, name=name).kind is kind


def test_counts_from_1_to_6_are_counts_where_the_name_says_so() -> None:
    values = np.random.default_rng(3).poisson(1, N).clip(0, 5) + 1.0
    assert propose_kind(values, name="visits").kind is Kind.IMPLICIT
    assert propose_kind(values, name="stars").kind is Kind.RATING


def test_grades_that_fall_off_stay_grades_under_a_rating_s_name() -> None:
    values = np.repeat(np.arange(1.0, 11), [900, 400, 200, 100, 50, 25, 12, 6, 3, 1])
    assert propose_kind(values, name="score").kind is Kind.RATING
    assert propose_kind(values).kind is Kind.IMPLICIT


def test_scores_beyond_a_hundred_stay_grades_under_a_rating_s_name() -> None:
    values = np.random.default_rng(4).uniform(200, 800, N)
    assert propose_kind(values, name="score").kind is Kind.RATING
    assert propose_kind(values).kind is Kind.IMPLICIT


@pytest.mark.parametrize(("features", "kind"), [(0, Kind.IMPLICIT), (2, Kind.IMPLICIT), (3, Kind.CLICK)])
def test_yes_and_no_beside_columns_that_describe_the_row_are_clicks(features: int, kind: Kind) -> None:
    assert propose_kind(np.array([0.0, 1, 1, 0]), n_features=features).kind is kind


def test_two_other_values_are_no_clicks() -> None:
    assert propose_kind(np.array([1.0, 2, 1]), n_features=9).kind is Kind.IMPLICIT


@given(
    hnp.arrays(np.float64, st.integers(0, 60), elements=st.floats(allow_nan=True, allow_infinity=True)),
    st.sampled_from(["", "rating", "count", "x"]),
    st.integers(0, 5),
)
def test_any_numbers_have_a_kind(values: FloatArray, name: str, n_features: int) -> None:
    guess = propose_kind(values, name=name, n_features=n_features)
    assert guess.kind in Kind
    assert 0 <= guess.confidence <= 1
    assert guess.reason


@pytest.mark.parametrize("name", ["Qty", "Quantity", "units_sold", "Menge", "play_count", "数量"])
def test_amounts_are_amounts_however_they_are_spread(name: str) -> None:
    returned = np.where(np.random.default_rng(4).random(N) < 0.05, -1, 1) * _scale(1, 5)
    assert propose_kind(_scale(1, 5), name=name).kind is Kind.IMPLICIT
    assert propose_kind(returned, name=name).kind is Kind.IMPLICIT
    assert propose_kind(_scale(-5, 5), name=name).kind is Kind.RATING
