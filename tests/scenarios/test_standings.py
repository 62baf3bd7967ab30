"""The leaderboard's verdicts: made-up runs whose right answer is known, and real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.dataset import Dataset, Words
from recsys_core.data.splits import make_split
from recsys_core.data.store import keep_dataset
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.significance import BETTER, TIE, WORSE
from recsys_core.runs import DONE, RunConfig, create_run
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import Arena, Row, finished_runs, leaderboard, usual_reference
from recsys_core.scenarios.standings import as_csv_table, covers, siblings, standings, summary
from tests.helpers import finished_run

N_USERS = 300
ARENA = Arena("user-random:0.2", 42, 10)
WORDS = Words(item="film", items="films", user="viewer", users="viewers", value="rating", verb="watched")


@pytest.fixture(autouse=True)
def _own_workspace(workspace: Path) -> None:
    """Every test here starts without runs."""


def _row(
    model: str,
    mean: float,
    *,
    draw: int = 0,
    seed: int = 0,
    noise: float = 0.05,
    coverage: float = 0.2,
    **more: Any,
) -> Row:
    """A finished run with that mean NDCG; users differ much, and equally in all runs."""
    plain = {"settings": {}, "dataset": "tiny", "fingerprint": "f", "split": ARENA.split, "actor": "ada"}
    run = create_run(RunConfig(model=model, seed=seed, **{**plain, **more}))
    users = np.random.default_rng(99).normal(0, 0.2, N_USERS)
    own = np.random.default_rng(draw).normal(0, noise, N_USERS)
    values = mean + users - users.mean() + own - own.mean()
    drawn = np.random.default_rng(7).normal(0, 0.01, 500)
    run.keep(
        Evaluation(
            metrics={"ndcg@10": mean, "coverage@10": coverage},
            ci={"ndcg@10": [mean - 0.02, mean + 0.02]},
            per_user=pd.DataFrame({"user": np.arange(N_USERS), "ndcg@10": values}),
            candidates=pd.DataFrame({"user": [0], "item": [0], "score": [1.0], "rank": [1]}),
            n_judged=N_USERS,
            liked_from=4.0,
            by_k=pd.DataFrame({"metric": ["ndcg"], "k": [10], "value": [mean], "low": [0.0], "high": [1.0]}),
            draws=pd.DataFrame({"coverage@10": coverage + drawn}),
        )
    )
    run.set_state(DONE, seconds={"fit": 2.0, "evaluate": 1.0})
    return leaderboard([run], ARENA)[0]


def _verdicts(
    rows: list[Row], reference: Row, metrics: tuple[str, ...] = ("ndcg@10",)
) -> dict[tuple[str, str], str]:
    judged = {row.run.id: Judged(row.run, None) for row in rows}  # type: ignore[arg-type]
    found = standings(rows, metrics, reference, judged)
    return {(one.row.run.id, name): cell.verdict for one in found for name, cell in one.cells.items()}


def test_a_gap_is_told_and_the_reference_has_no_verdict() -> None:
    floor, good, bad = _row("popularity", 0.20), _row("ease", 0.24, draw=1), _row("random", 0.02, draw=2)
    found = _verdicts([floor, good, bad], floor)
    assert found[good.run.id, "ndcg@10"] == BETTER
    assert found[bad.run.id, "ndcg@10"] == WORSE
    assert found[floor.run.id, "ndcg@10"] == ""


def test_a_gap_within_the_noise_is_a_tie() -> None:
    ours, theirs = _row("ease", 0.241, draw=1), _row("ials", 0.24, draw=2)
    assert _verdicts([ours, theirs], theirs)[ours.run.id, "ndcg@10"] == TIE


def test_figures_of_all_lists_are_compared_in_the_same_draws() -> None:
    wide, narrow = _row("ease", 0.2, coverage=0.22), _row("popularity", 0.2, coverage=0.2)
    found = _verdicts([wide, narrow], narrow, ("ndcg@10", "coverage@10"))
    assert found[wide.run.id, "coverage@10"] == BETTER, (
        "0.02 apart in every draw, which move together by 0.01"
    )
    assert found[wide.run.id, "ndcg@10"] == TIE


def test_more_comparisons_make_a_verdict_harder() -> None:
    reference = _row("popularity", 0.2)
    barely = _row("ease", 0.2 + 0.05 * np.sqrt(2) / np.sqrt(N_USERS) * 2.3, draw=1)
    others = [_row("ials", 0.2, draw=10 + n, seed=n) for n in range(2)]
    assert _verdicts([reference, barely], reference)[barely.run.id, "ndcg@10"] == BETTER
    assert _verdicts([reference, barely, *others], reference)[barely.run.id, "ndcg@10"] == TIE


def test_seeds_of_one_configuration_are_told_and_part_of_the_verdict() -> None:
    """Trainings .02 apart by their seed alone: the users' test calls two of them different, the seeds say it is chance."""
    two = [_row("mf", 0.20 + 0.02 * n, draw=n, seed=n) for n in range(2)]
    assert _verdicts(two, two[0])[two[1].run.id, "ndcg@10"] == BETTER
    three = [*two, _row("mf", 0.24, draw=2, seed=2)]
    judged = {row.run.id: Judged(row.run, None) for row in three}  # type: ignore[arg-type]
    found = standings(three, ["ndcg@10"], three[0], judged)
    assert {one.cells["ndcg@10"].verdict for one in found[1:]} == {TIE}
    assert found[1].cells["ndcg@10"].seeds == pytest.approx(0.02)
    assert found[1].cells["ndcg@10"].n_seeds == 3
    assert "seeds" in covers(found, WORDS)
    assert "not with another training" in covers(found, WORDS)


def test_other_settings_or_another_model_are_no_siblings() -> None:
    rows = [
        _row("mf", 0.2, seed=0),
        _row("mf", 0.2, seed=1),
        _row("mf", 0.2, seed=2, settings={"epochs": 3}),
        _row("ease", 0.2),
    ]
    assert [len(siblings(rows)[row.run.id]) for row in rows] == [2, 2, 1, 1]


def test_the_reference_is_popularity_unless_there_is_none() -> None:
    ours, floor = _row("ease", 0.3), _row("popularity", 0.2)
    assert usual_reference([ours, floor]) is floor
    assert usual_reference([ours]) is ours


def test_the_csv_holds_every_number_and_the_costs() -> None:
    floor, good = _row("popularity", 0.20), _row("ease", 0.24, draw=1)
    judged = {row.run.id: Judged(row.run, None) for row in (floor, good)}  # type: ignore[arg-type]
    found = standings([good, floor], ["ndcg@10"], floor, judged)
    table = as_csv_table(found, ["ndcg@10"], floor)
    line = table.set_index("run").loc[good.run.id]
    assert line["ndcg@10"] == pytest.approx(0.24)
    assert line["ndcg@10_difference"] == pytest.approx(0.04)
    assert line["ndcg@10_verdict"] == BETTER
    assert line["fit_seconds"] == 2.0
    assert line["reference"] == floor.run.id
    assert "1 better, 0 tied, 0 worse" in summary(found, "ndcg@10", floor, WORDS)


def test_on_real_data_ease_beats_popularity_and_random_does_not(movielens: Dataset) -> None:
    data = keep_dataset(movielens, actor="test")
    for model in ("ease", "popularity", "random"):
        finished_run(data, model)
    rows = leaderboard(finished_runs(data), ARENA)
    split = make_split(data, rows[0].config.split_spec)
    judged = {row.run.id: Judged(row.run, split) for row in rows}
    found = standings(rows, ["ndcg@10", "coverage@10", "gini@10"], usual_reference(rows), judged)
    told = {one.row.config.model: {name: cell.verdict for name, cell in one.cells.items()} for one in found}
    assert told["ease"] == {"ndcg@10": BETTER, "coverage@10": BETTER, "gini@10": BETTER}
    assert told["random"]["ndcg@10"] == WORSE
    assert told["random"]["coverage@10"] == BETTER
