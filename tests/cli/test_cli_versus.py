from __future__ import annotations

from tests.cli.conftest import Command
from tests.conftest import Studio


def test_versus_tells_who_gains_and_who_loses(studio: Studio, command: Command) -> None:
    told = command("versus", studio.runs["popularity"], studio.runs["embedding_mlp"], "--json").json
    assert (told["from"], told["to"]) == (studio.runs["popularity"], studio.runs["embedding_mlp"])
    assert told["metric"] == "ndcg@10"
    assert told["up"] + told["down"] + told["same"] == told["users"]
    assert told["change"]["low"] <= told["change"]["mean"] <= told["change"]["high"] < 0
    assert told["verdict"] == "worse"
    assert len(told["worst"]) == 5
    first = told["worst"][0]
    assert first["change"] == min(one["change"] for one in told["worst"])
    assert [row["rank"] for row in first["from"]] == list(range(1, 11))
    assert set(first["to"][0]) == {"item_id", "title", "rank", "hit", "mark", "moved"}


def test_versus_without_json_is_a_sentence_and_tables(studio: Studio, command: Command) -> None:
    out = command("versus", studio.runs["popularity"], studio.runs["ease"], "--metric", "recall@10").out
    assert out.startswith(f"From Popularity {studio.runs['popularity'][:4]} to EASE")
    assert "Recall@10 changes by" in out
    for part in ("the most active third", "hit hardest:", "helped most:"):
        assert part in out


def test_versus_refuses_a_figure_that_users_do_not_have(studio: Studio, command: Command) -> None:
    answer = command("versus", studio.runs["ease"], studio.runs["popularity"], "--metric", "gini@10")
    answer.refused("gini@10", "--metric", "use one of: ndcg@10")


def test_versus_refuses_a_run_that_is_not_there(studio: Studio, command: Command) -> None:
    command("versus", studio.runs["ease"], "0" * 12).refused("there is no run")
