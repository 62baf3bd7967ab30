"""The split auditor's chart: what its title says, its colours, and tables of no row and of one."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from recsys_core.charts.audit import splits
from recsys_core.charts.theme import LIGHT, MAX_ROWS, title_of

COLUMNS = ["split", "of", "judged", "who", "value", "low", "high"]
ROWS = [
    ("user-random:0.2", "everybody", 943, "ease", 0.44, 0.42, 0.46),
    ("user-random:0.2", "everybody", 943, "popularity", 0.22, 0.21, 0.23),
    ("time:0.2", "everybody", 301, "ease", 0.12, 0.09, 0.14),
    ("time:0.2", "everybody", 301, "popularity", 0.34, 0.31, 0.37),
    ("time:0.2", "known", 109, "ease", 0.17, 0.13, 0.22),
    ("time:0.2", "known", 109, "popularity", 0.15, 0.11, 0.18),
]


def _chart(rows: list[tuple[object, ...]]) -> dict[str, object]:
    chart = splits(pd.DataFrame(rows, columns=COLUMNS), "ndcg@10", "EASE", "#123456", users="people")
    return {"title": title_of(chart), "spec": json.loads(chart.to_json())}


def test_the_title_says_where_the_model_leads_most_and_least() -> None:
    found = _chart(ROWS)
    assert found["title"] == (
        "EASE leads popularity by 0.220 NDCG@10 under user-random:0.2, trails popularity by 0.220 under time:0.2"
    )
    text = json.dumps(found["spec"])
    assert "time:0.2, people it knows" in text
    assert '"range": ["#123456", "' + LIGHT.floor + '"]' in text
    assert '"Popularity"' in text


def test_one_split_and_none() -> None:
    assert _chart(ROWS[:2])["title"] == "EASE leads popularity by 0.220 NDCG@10 under user-random:0.2"
    assert _chart([])["title"] == "Nothing was tried"


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        _chart(ROWS * (MAX_ROWS // 6 + 1))
