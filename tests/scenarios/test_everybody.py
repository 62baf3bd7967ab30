"""Everybody's lists: the same as one by one, whatever the block; all of the file or none of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recsys_core.errors import Cancelled, ParamError
from recsys_core.ranking import top_k as ranking
from recsys_core.ranking.rerank import Setting
from recsys_core.scenarios import everybody
from recsys_core.scenarios.everybody import at_most_every, progress, write_lists
from recsys_core.scenarios.lists import user_list
from tests.scenarios.served import ease


@pytest.mark.parametrize("strength", [0.0, 0.5])
@pytest.mark.parametrize("cells", [1, 300, 1_000_000])
def test_the_file_holds_everybody_s_own_list(
    strength: float, cells: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "CELLS_A_BLOCK", cells)
    monkeypatch.setattr(everybody, "GROUP_ROWS", 70)
    serving, path = ease(), tmp_path / "lists.parquet"
    n_rows = write_lists(serving, path, k=6, rerank=Setting(strength=strength))
    table = pd.read_parquet(path)
    assert len(table) == n_rows
    assert list(table.columns) == ["user_id", "item_id", "score", "rank"]
    assert table["user_id"].unique().tolist() == serving.data.users["user_id"].tolist()
    for user, own in table.groupby("user_id", sort=False):
        row = int(serving.data.user_rows(user)[0])
        expected = user_list(serving, row, k=6, rerank=Setting(strength=strength))
        assert own["item_id"].tolist() == expected["item_id"].tolist()
        assert own["rank"].tolist() == expected["rank"].tolist()
        assert own["score"].tolist() == pytest.approx(expected["score"].tolist(), rel=1e-5)


def test_progress_is_told_after_each_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "CELLS_A_BLOCK", 40 * 25)
    events: list[dict[str, Any]] = []
    write_lists(ease(), tmp_path / "a.parquet", k=3, report=events.append)
    assert [event["done"] for event in events] == [25, 50, 60]
    assert events[-1]["seconds_left"] == 0
    assert all(event["of"] == 60 and event["seconds_left"] >= 0 for event in events)
    assert progress({"done": 25, "of": 60, "seconds_left": 72.2}, "users") == (
        25 / 60,
        "25 of 60 users · 1 min 12 s left",
    )


def test_stopped_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "CELLS_A_BLOCK", 40 * 25)
    path = tmp_path / "a.parquet"
    path.write_bytes(b"the old one")
    looks = iter([False, True])
    with pytest.raises(Cancelled, match=r"a\.parquet: it was stopped"):
        write_lists(ease(), path, k=3, should_stop=lambda: next(looks))
    assert [one.name for one in tmp_path.iterdir()] == ["a.parquet"]
    assert path.read_bytes() == b"the old one"


def test_a_report_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    def refuse(event: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lists(ease(), tmp_path / "a.parquet", k=3, report=refuse)
    assert list(tmp_path.iterdir()) == []


def test_k_beyond_the_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="k is 41"):
        write_lists(ease(), tmp_path / "a.parquet", k=41)


def test_a_report_is_passed_on_now_and_then() -> None:
    now, passed = [0.0], []
    report = at_most_every(1.0, passed.append, clock=lambda: now[0])
    for second in (0.2, 0.9, 1.1, 1.5, 2.05, 2.2):
        now[0] = second
        report({"at": second})
    assert [event["at"] for event in passed] == [1.1, 2.2]
