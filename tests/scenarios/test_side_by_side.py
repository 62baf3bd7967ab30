"""Runs side by side for one user: what is shared, and who fell back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.ranking.rerank import Setting
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.scenarios.side_by_side import FALLBACKS, fallback_of, side_by_side
from recsys_core.serving.baselines import EaseScorer
from tests.scenarios.served import bias, ease, network, popularity


def test_lists_are_the_runs_own_and_say_how_many_hold_each_item() -> None:
    servings = [ease(), network("history_encoder"), bias(), popularity()]
    found = side_by_side(servings, 6, k=8)
    sets = [set(user_list(one, 6, k=8)["item"]) for one in servings]
    for table, own in zip(found.lists, sets, strict=True):
        assert set(table["item"]) == own
        for item, shared in zip(table["item"], table["shared"], strict=True):
            assert shared == sum(item in one for one in sets)
    assert found.n_common == len(set.intersection(*sets))
    pairs = [len(sets[a] & sets[b]) / 8 for a in range(4) for b in range(a + 1, 4)]
    assert found.overlap == pytest.approx(np.mean(pairs))
    said = found.sentence(ease().data)
    assert f"{found.n_common} of 8 items are in all 4 lists" in said
    assert f"share {found.overlap:.0%} on average" in said
    assert found.same_split


def test_two_equal_runs_share_everything() -> None:
    found = side_by_side([ease(), ease()], 3, k=5)
    assert (found.n_common, found.overlap) == (5, 1.0)


def test_the_dial_and_the_filters_hold_for_every_list() -> None:
    allowed = np.arange(40) < 20
    found = side_by_side([ease(), popularity()], 3, k=5, rerank=Setting(strength=0.6), allowed=allowed)
    for serving, table in zip((ease(), popularity()), found.lists, strict=True):
        expected = user_list(serving, 3, k=5, rerank=Setting(strength=0.6), allowed=allowed)
        assert table["item"].tolist() == expected["item"].tolist()
        assert (table["item"] < 20).all()


def test_fallbacks_are_told() -> None:
    found = side_by_side([ease(), popularity(), bias()], 6, k=8)
    assert found.fallbacks == ("", "not_personal", "not_personal")
    assert set(found.fallbacks) - {""} <= set(FALLBACKS)


def _copycat() -> Serving:
    """A personal form whose lists are popularity's: every item speaks for the popular ones alike."""
    weights = np.tile(ease().popularity.astype(np.float32), (40, 1))
    return replace(ease(), scorer=EaseScorer(weights, ease().seen))


def test_a_personal_model_whose_list_is_popularity_s_is_found_out() -> None:
    copycat = _copycat()
    table = user_list(copycat, 6, k=8)
    assert fallback_of(copycat, 6, table) == "popularity"
    assert fallback_of(ease(), 6, user_list(ease(), 6, k=8)) == ""
    half = np.arange(40) % 2 == 0
    filtered = user_list(copycat, 6, k=8, allowed=half)
    assert fallback_of(copycat, 6, filtered, allowed=half) == "popularity"


def test_a_user_without_history_is_told() -> None:
    serving = ease()
    split = serving.split
    lost = split.dataset.interactions["user"].to_numpy() == 6
    less = replace(split, train=split.train[~lost[split.train]], valid=split.valid[~lost[split.valid]])
    emptied = replace(serving, split=less)
    assert fallback_of(emptied, 6, user_list(emptied, 6, k=8)) == "no_history"


def test_runs_on_different_splits_are_told() -> None:
    other = make_split(ease().data, SplitSpec(seed=9))
    moved = replace(ease(), split=other)
    assert not side_by_side([ease(), moved], 3, k=5).same_split


def test_an_empty_list_is_no_fallback() -> None:
    nothing = np.zeros(40, dtype=bool)
    found = side_by_side([ease(), ease()], 3, k=5, allowed=nothing)
    assert found.fallbacks == ("", "")
    assert (found.n_common, found.overlap) == (0, 0.0)
