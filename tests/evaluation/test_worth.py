"""The gain of an attribute: worked by hand, its false alarms counted, and the verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.worth import (
    HELPS,
    HURTS,
    NO_EVIDENCE,
    SHUFFLED,
    WITHOUT,
    Gain,
    arm_interval,
    gain,
    influences,
    metric_of,
    values_of,
    verdict,
)
from tests.fitted import fitted, tiny_split


def test_a_gain_by_hand() -> None:
    ours = np.array([[0.5, 0.7, 0.9], [0.6, 0.8, 1.0]])
    theirs = np.array([[0.4, 0.4, 0.4], [0.2, 0.4, 0.6]])
    found = gain(ours, theirs)
    # By user over seeds: .25 .35 .45, s^2 = .01; by seed: .3 .4, s^2 = .005.
    assert found.mean == pytest.approx(0.35)
    assert found.users**2 == pytest.approx(0.01 / 3)
    assert found.seeds**2 == pytest.approx(0.005 / 2)
    assert found.luck == 0.0
    total = 0.01 / 3 + 0.0025
    freedom = total**2 / ((0.01 / 3) ** 2 / 2 + 0.0025**2 / 1)
    assert found.freedom == pytest.approx(freedom)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(total)
    assert (found.low, found.high) == pytest.approx((0.35 - half, 0.35 + half))


def test_against_shuffled_the_luck_of_one_shuffle_is_added() -> None:
    ours = np.full((2, 4), 0.5)
    theirs = np.array([[0.3] * 4, [0.4] * 4])
    plain, dealt = gain(ours, theirs), gain(ours, theirs, dealt=True)
    assert dealt.luck**2 == pytest.approx(0.005)  # the whole variance of .3 and .4
    assert dealt.seeds == pytest.approx(plain.seeds)
    assert dealt.freedom == plain.freedom == pytest.approx(1.0)
    assert dealt.low < plain.low < plain.mean == dealt.mean


def test_where_less_is_better_a_gain_is_a_fall() -> None:
    ours, theirs = np.array([[0.8, 0.9], [0.8, 0.9]]), np.array([[1.0, 1.1], [1.0, 1.1]])
    assert gain(ours, theirs, better=-1).mean == pytest.approx(0.2)
    assert gain(ours, theirs).mean == pytest.approx(-0.2)


def test_without_any_spread_the_interval_is_a_point() -> None:
    ones = np.ones((3, 5))
    assert gain(ones, ones) == Gain(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0)
    one_user = gain(np.array([[1.0], [1.0]]), np.array([[0.5], [0.5]]))
    assert (one_user.low, one_user.high) == (0.5, 0.5)


def test_an_arm_s_interval_holds_users_and_seeds() -> None:
    values = np.array([[0.2, 0.4], [0.4, 0.6]])
    found = arm_interval(values)
    assert found.mean == pytest.approx(0.4)
    assert found.low < 0.3 and found.high > 0.5


def _drawn(rng: np.random.Generator, *, effect: float, luck: float) -> dict[str, Gain]:
    """Three arms of 3 seeds and 200 users, as trainings behave: users alike in all arms, each assignment with its luck."""
    users = 0.3 + 0.2 * rng.standard_normal(200)
    own = luck * rng.standard_normal()  # of the column as it is: the same in every seed

    def arm(shift: float, lucks: np.ndarray) -> np.ndarray:
        seeds = 0.004 * rng.standard_normal((3, 1))
        return users + shift + lucks[:, None] + seeds + 0.05 * rng.standard_normal((3, 200))

    ours, without = arm(effect, np.full(3, own)), arm(0.0, np.zeros(3))
    shuffled = arm(0.0, luck * rng.standard_normal(3))
    return {WITHOUT: gain(ours, without), SHUFFLED: gain(ours, shuffled, dealt=True)}


@pytest.mark.parametrize("luck", [0.0, 0.005, 0.03])
def test_noise_seldom_gets_a_verdict_however_lucky_a_column_may_be(luck: float) -> None:
    rng = np.random.default_rng(0)
    told = [verdict(_drawn(rng, effect=0.0, luck=luck)) for _world in range(400)]
    assert told.count(HELPS) <= 0.04 * 400
    assert told.count(HURTS) <= 0.04 * 400


def test_without_the_shuffles_luck_noise_would_be_praised_and_blamed() -> None:
    rng = np.random.default_rng(0)
    naive = [_drawn(rng, effect=0.0, luck=0.03)[WITHOUT] for _world in range(200)]
    assert np.mean([one.low > 0 or one.high < 0 for one in naive]) > 0.5


def test_a_real_effect_is_found() -> None:
    rng = np.random.default_rng(1)
    told = [verdict(_drawn(rng, effect=0.12, luck=0.01)) for _world in range(100)]
    assert told.count(HELPS) > 90
    told = [verdict(_drawn(rng, effect=-0.12, luck=0.01)) for _world in range(100)]
    assert told.count(HURTS) > 90


@pytest.mark.parametrize(
    ("without", "shuffled", "wanted"),
    [
        ((0.1, 0.3), (0.1, 0.3), HELPS),
        ((0.1, 0.3), (-0.1, 0.3), NO_EVIDENCE),
        ((-0.1, 0.3), (0.1, 0.3), NO_EVIDENCE),
        ((-0.3, -0.1), (-0.3, -0.1), HURTS),
        ((-0.3, -0.1), (0.1, 0.3), NO_EVIDENCE),
        ((0.0, 0.3), (0.1, 0.3), NO_EVIDENCE),
    ],
)
def test_the_verdict_needs_both(
    without: tuple[float, float], shuffled: tuple[float, float], wanted: str
) -> None:
    blank = Gain(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    arms = {WITHOUT: without, SHUFFLED: shuffled}
    assert verdict({arm: replace(blank, low=low, high=high) for arm, (low, high) in arms.items()}) == wanted


def test_the_mean_of_influences_is_the_rmse_and_their_spread_that_of_other_users() -> None:
    rng = np.random.default_rng(2)
    counts = rng.integers(1, 9, 400).astype(float)
    squared = counts * rng.gamma(2.0, 0.4, 400)
    values = influences(squared, counts)
    root = np.sqrt(squared.sum() / counts.sum())
    assert values.mean() == pytest.approx(root)
    draws = rng.integers(400, size=(2000, 400))
    drawn = np.sqrt(squared[draws].sum(axis=1) / counts[draws].sum(axis=1))
    assert values.std(ddof=1) / 20 == pytest.approx(drawn.std(), rel=0.1)
    assert influences(np.zeros(3), np.ones(3)).tolist() == [0.0, 0.0, 0.0]


def test_values_of_a_rating_model_average_to_its_rmse() -> None:
    split, scorer = tiny_split(), fitted("mf").scorer
    users, values = values_of(scorer, split, 5)
    rows = split.triples(split.test)
    error = scorer.score(rows[0], rows[1]) - rows[2]
    assert values.mean() == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-6)
    assert users.tolist() == np.unique(rows[0]).tolist()
    assert (metric_of(ratings=True, k=5), metric_of(ratings=False, k=5)) == ("rmse", "ndcg@5")


def test_of_new_items_only_they_count() -> None:
    data, scorer = tiny_split().dataset, fitted("mf").scorer
    split: Split = make_split(data, SplitSpec.parse("cold-item:0.2", seed=1))
    users, values = values_of(scorer, split, 5)
    rows = split.triples(split.test)
    cold = np.isin(rows[1], split.cold_items)
    error = (scorer.score(rows[0], rows[1]) - rows[2])[cold]
    assert values.mean() == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-6)
    assert set(users) == set(rows[0][cold])
    assert cold.sum() < len(cold)
