"""Charts of one run against another: what they say, with nothing, one row and many."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.charts import versus
from recsys_core.charts.theme import MAX_ROWS, title_of
from recsys_core.data.dataset import Words
from recsys_core.scenarios.versus import bars_of

WORDS = Words(users="viewers")
COLOURS = ("#111111", "#222222")
GROUPS = pd.DataFrame(
    {"group": ["old", "young"], "n": [9, 7], "change": [0.1, -0.2], "low": [0.0, -0.3], "high": [0.2, -0.1]}
)


def _bars(*change: float) -> pd.DataFrame:
    return bars_of(np.array(change))


def test_the_title_counts_who_gains_and_loses() -> None:
    bars = _bars(-0.4, 0.1, 0.2, 0.0)
    assert title_of(versus.changes(bars, "ndcg@10", WORDS, COLOURS)) == "2 viewers gain, 1 lose"
    assert title_of(versus.changes(bars, "rmse", WORDS, COLOURS)) == "1 viewers gain, 2 lose"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("change", [(), (0.2,), tuple(np.linspace(-1, 1, 50))])
def test_changes_are_drawn_whatever_there_is(change: tuple[float, ...], dark: bool) -> None:
    chart = versus.changes(_bars(*change), "ndcg@10", WORDS, COLOURS, dark=dark)
    assert chart.to_dict()["layer"]
    assert change or title_of(chart) == "Nobody's figure changes"


def test_groups_name_who_gains_most_and_least() -> None:
    assert (
        title_of(versus.group_changes(GROUPS, "ndcg@10", "#111"))
        == "Gains most: old (+0.100); least: young (-0.200)"
    )
    assert (
        title_of(versus.group_changes(GROUPS, "rmse", "#111"))
        == "Gains most: young (-0.200); least: old (+0.100)"
    )
    assert title_of(versus.group_changes(GROUPS.head(1), "ndcg@10", "#111")) == "old: +0.100"
    assert (
        title_of(versus.group_changes(GROUPS.head(0), "ndcg@10", "#111"))
        == "No group is large enough to tell"
    )


def test_intervals_are_drawn() -> None:
    fields = str(versus.group_changes(GROUPS, "ndcg@10", "#111").to_dict()["layer"])
    assert "'low'" in fields and "'high'" in fields


def test_too_many_groups_are_refused() -> None:
    many = pd.concat([GROUPS] * MAX_ROWS, ignore_index=True)
    with pytest.raises(ValueError, match="aggregate"):
        versus.group_changes(many, "ndcg@10", "#111")
