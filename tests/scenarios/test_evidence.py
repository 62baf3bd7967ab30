"""The evidence is what explain says, in full and in order."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_core.scenarios.evidence import MOST_FALLS, evidence
from recsys_core.scenarios.explain import explain
from recsys_core.scenarios.lists import user_list
from tests.scenarios.served import ease, popularity


@pytest.mark.parametrize("user", [0, 7, 23])
def test_falls_begin_with_the_carriers_and_are_what_leaving_out_costs(user: int) -> None:
    serving, history = ease(), ease().history(user)
    item = int(user_list(serving, user, k=1)["item"].iloc[0])
    found = evidence(serving, history, item)
    told = explain(serving, history, np.array([item]))[0]
    titles = serving.data.items["title"]
    assert found.falls["title"].tolist()[:2] == [titles.iloc[row] for row, _fall in told.carriers]
    assert found.n_tried == len(history)
    whole = serving.scorer.fold_in([history])[0, item]
    falls = [whole - serving.scorer.fold_in([history[history != one]])[0, item] for one in history]
    above = sorted((fall for fall in falls if fall > 0), reverse=True)
    np.testing.assert_allclose(found.falls["fall"], above[:MOST_FALLS], atol=1e-6)
    assert found.n_more == max(0, len(above) - MOST_FALLS)
    assert found.shared["value"].tolist() == [one.value for one in told.shared]
    assert found.nearest["likeness"].tolist() == [cosine for _row, cosine in told.nearest]


def test_nothing_carries_what_a_model_lists_for_everybody() -> None:
    found = evidence(popularity(), popularity().history(3), 5)
    assert (len(found.falls), found.n_tried, found.n_more) == (0, 0, 0)


def test_a_stranger_has_no_evidence() -> None:
    found = evidence(ease(), np.zeros(0, dtype=np.int64), 5)
    assert [len(found.falls), len(found.shared), len(found.nearest)] == [0, 0, 0]
