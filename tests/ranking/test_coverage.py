from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.evaluation.beyond import coverage, exposure
from recsys_core.ranking.coverage import JUST_ENOUGH, prices
from recsys_core.ranking.rerank import COVERAGE, Setting, prices_of, ready
from recsys_core.ranking.top_k import TopK
from tests.ranking.pools import N_ITEMS, K, world


def test_the_price_is_what_the_nearest_person_would_lose() -> None:
    # lists of one: item 0 for both; 1 misses .4 with the first and .1 with the second; 2 misses .9; 3 is nobody's
    items = np.array([[0, 1, 2], [0, 1, -1]])
    worth = np.array([[1.0, 0.6, 0.1], [1.0, 0.9, 0.0]])
    found = prices(worth, items, 4, 1)
    np.testing.assert_allclose(found, [0.0, 0.1, 0.9, np.inf], atol=10 * JUST_ENOUGH)


def test_whoever_is_pushed_out_of_the_only_list_bids_again() -> None:
    # one list of one: after item 1 is raised to be shown, item 0 is not, and bids
    items, worth = np.array([[0, 1]]), np.array([[1.0, 0.5]])
    found = prices(worth, items, 2, 1)
    assert (found > 0).all()


def test_items_with_a_price_come_in_where_it_is_paid() -> None:
    pool, catalogue, taste = world(3)
    known = prices_of(pool, K, N_ITEMS)
    plain = exposure(pool.items[:, :K], N_ITEMS)
    assert (known[plain > 0] <= known[plain == 0].min()).all()
    everything = ready(Setting(COVERAGE, 1.0), catalogue, known).lists(pool, taste, K)
    assert coverage(exposure(everything.items, N_ITEMS)) > coverage(plain)


@given(st.integers(0, 500))
def test_more_of_the_catalogue_is_shown_with_more_strength_on_average(seed: int) -> None:
    shares = np.zeros(4)
    for one in range(6):
        pool, catalogue, taste = world(seed * 6 + one)
        known = prices_of(pool, K, N_ITEMS)
        for place, strength in enumerate((0.0, 0.1, 0.4, 1.0)):
            lists = ready(Setting(COVERAGE, strength), catalogue, known).lists(pool, taste, K)
            shares[place] += coverage(exposure(lists.items, N_ITEMS))
    assert (np.diff(shares) >= -0.1).all(), (
        shares
    )  # of six worlds together: at most a tenth of the catalogue once
    assert shares[-1] >= shares[0]


def test_no_candidates_have_no_price() -> None:
    empty = TopK(np.empty((0, 5), np.int64), np.empty((0, 5)))
    assert np.isinf(prices_of(empty, 3, 4)).all()
