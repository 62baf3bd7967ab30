from __future__ import annotations

import pytest

from tests.cli.conftest import Command
from tests.conftest import Studio


@pytest.mark.parametrize("asked", [[], ["--split", "user-random"], ["--split", "user-random:0.2"]])
def test_the_leaderboard_holds_every_run_against_the_reference(
    asked: list[str], studio: Studio, command: Command
) -> None:
    told = command("leaderboard", "--data", "little", *asked, "--json").json
    assert {row["run"] for row in told["runs"]} == set(studio.runs.values())
    assert told["reference"] == studio.runs["popularity"]
    values = [row["ndcg@10"] for row in told["runs"]]
    assert values == sorted(values, reverse=True)
    assert told["best"] is None


def test_in_words_it_names_the_signs_and_what_they_are_against(studio: Studio, command: Command) -> None:
    answer = command("leaderboard", "--data", "little", "--against", studio.runs["ease"])
    assert "▲ better ▼ worse ≈ a tie" in answer.err and "EASE" in answer.err
    lines = answer.out.splitlines()
    assert lines[0].split() == ["run", "title", "ndcg@10", "coverage@10"] and len(lines) == 1 + len(
        studio.runs
    )
    popularity = next(line for line in lines if "Popularity" in line)
    assert "▼" in popularity


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        (["--split", "last"], ("there is no finished run on this split", "data set little", "'runs' lists")),
        (["--split", "lots"], ("'lots' is no split protocol", "--split", "use one of: user-random")),
        (["--metric", "ndgc@10"], ("no run has the figure 'ndgc@10'", "--metric", "ndcg@10")),
        (["--against", "0" * 12], ("there is no run",)),
    ],
)
def test_what_is_not_there_is_refused(
    asked: list[str], parts: tuple[str, ...], studio: Studio, command: Command
) -> None:
    command("leaderboard", "--data", "little", *asked).refused(*parts)
