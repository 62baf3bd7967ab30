"""Imported scores as a run: there whole or not at all, once a file and split, measured as every run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.score_file import ScoreColumns, ScoreTable
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.store import keep_dataset
from recsys_core.errors import Cancelled, NotSupported, ParamError
from recsys_core.evaluation.submitted import Submitted
from recsys_core.models import registry
from recsys_core.runs import Run, list_runs
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import arenas, finished_runs, leaderboard, verdicts
from recsys_core.scenarios.limits import limits
from recsys_core.scenarios.lists import Serving, reasons, user_list
from recsys_core.scenarios.rehearsal import check_rehearsable
from recsys_core.scenarios.side_by_side import fallback_of, side_by_side
from recsys_core.scenarios.what_if import Edits, what_if
from recsys_core.serving.base import Scorer
from recsys_core.training.imported import configured, import_scores
from recsys_core.training.jobs import configure
from recsys_core.training.members import chosen_members, usable_members
from recsys_core.training.worker import work
from tests.helpers import finished_run, queued_run

COLUMNS = ScoreColumns("user", "item", "score")


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="test")


def table_from(scorer: Scorer, *, users: np.ndarray | None = None) -> ScoreTable:
    """Everything that a scorer says, as if it came in a file."""
    users = np.arange(scorer.n_users) if users is None else users
    scores = scorer.score_catalogue(users)
    owner, item = np.nonzero(np.isfinite(scores))
    return ScoreTable(users[owner], item, scores[owner, item].astype(float), COLUMNS)


def bring(
    data: Dataset, table: ScoreTable, *, split: SplitSpec | None = None, **rest: object
) -> tuple[Run, bool]:
    """Imports a table; `sha256` and `name` may be said."""
    asked = {"file": "s.csv", "sha256": "0" * 64, "name": "outside", "actor": "test"} | {
        key: value for key, value in rest.items() if key in ("sha256", "name", "file")
    }
    more = {key: value for key, value in rest.items() if key in ("ratings", "k")}
    submitted = Submitted(table, make_split(data, split or SplitSpec()), **more)  # type: ignore[arg-type]
    return import_scores(submitted, configured(submitted, **asked))  # type: ignore[arg-type]


def test_what_a_run_says_gives_its_figures_again(data: Dataset) -> None:
    ours = finished_run(data, "ease")
    run, new = bring(data, table_from(ours.scorer()))
    assert new and run.state == "done"
    theirs = ours.measured()
    assert run.measured()["metrics"] == pytest.approx(theirs["metrics"])
    for name, interval in theirs["ci"].items():
        assert run.measured()["ci"][name] == pytest.approx(interval)
    judged, model = Judged.of(run, data), Judged.of(ours, data)
    assert judged.candidates[["user", "item", "rank"]].equals(model.candidates[["user", "item", "rank"]])
    assert judged.by_k.equals(model.by_k)
    assert judged.draws.equals(model.draws)


def test_it_stands_on_the_leaderboard_under_its_own_name(data: Dataset) -> None:
    ours = finished_run(data, "ease")
    finished_run(data, "popularity")
    run, _new = bring(data, table_from(ours.scorer()), name=" LightFM ")
    rows = leaderboard(finished_runs(data), arenas(finished_runs(data))[0])
    assert {row.run.id for row in rows} >= {run.id, ours.id}
    assert next(row.title for row in rows if row.run.id == run.id) == "LightFM"
    assert verdicts(rows, data.words, 10)


def test_the_same_file_is_judged_once_a_split(data: Dataset) -> None:
    table = table_from(finished_run(data, "popularity").scorer())
    first, _new = bring(data, table)
    again, new = bring(data, table, name="other", file="renamed.csv")
    assert (again.id, new) == (first.id, False)
    assert bring(data, table, split=SplitSpec(seed=7))[1]
    assert bring(data, table, sha256="1" * 64)[1]
    assert bring(data, table, k=5)[1]
    assert sum(run.config.model == "imported" for run in list_runs()) == 4


def test_stopped_or_refused_it_leaves_nothing(data: Dataset) -> None:
    table = table_from(finished_run(data, "popularity").scorer())
    folder = list_runs()[0].folder.parent
    before = sorted(one.name for one in folder.iterdir())
    submitted = Submitted(table, make_split(data, SplitSpec()))
    config = configured(submitted, file="s", sha256="0", name="n", actor="test")
    with pytest.raises(Cancelled):
        import_scores(submitted, config, should_stop=lambda: True)
    with pytest.raises(ParamError, match="k is 99"):
        bring(data, table, k=99)
    assert sorted(one.name for one in folder.iterdir()) == before


def test_people_held_out_whole_are_judged_by_what_the_file_says_of_them(data: Dataset) -> None:
    split = SplitSpec.parse("cold-user:2", seed=42)
    ours = finished_run(data, "popularity", split=split)
    run, _new = bring(data, table_from(ours.scorer()), split=split)
    assert run.measured()["metrics"] == pytest.approx(ours.measured()["metrics"])


def test_predicted_ratings_give_the_rating_figures_of_the_model(data: Dataset) -> None:
    ours = finished_run(data, "bias")
    run, _new = bring(data, table_from(ours.scorer()), ratings=True)
    assert run.measured()["metrics"] == pytest.approx(ours.measured()["metrics"], rel=1e-5)
    assert run.config.settings["holds"] == "rating"


def test_it_is_never_offered_for_training(data: Dataset) -> None:
    assert registry.spec("imported").elsewhere
    assert "imported" not in [
        one.name for one in (*registry.models_for(data.kind), *registry.usable_for("last"))
    ]
    with pytest.raises(NotSupported, match="import-scores"):
        configure(data, "imported", actor="test")
    with pytest.raises(NotSupported, match="made elsewhere"):
        registry.params_of("imported")


@pytest.fixture
def outside(data: Dataset) -> Serving:
    """Scores of EASE for every other person, five each, as a run of its own."""
    users = np.arange(0, data.n_users, 2)
    table = table_from(finished_run(data, "ease").scorer(), users=users)
    order = np.lexsort((-table.scores, table.users))
    first = order[np.concatenate([np.flatnonzero(table.users[order] == user)[:12] for user in users])]
    few = ScoreTable(table.users[first], table.items[first], table.scores[first], COLUMNS)
    return Serving.open(bring(data, few)[0], data)


def test_what_cannot_be_asked_again_says_so(outside: Serving, data: Dataset) -> None:
    run = next(one for one in list_runs() if one.config.model == "imported")
    with pytest.raises(NotSupported, match="made elsewhere"):
        check_rehearsable(run, data)
    with pytest.raises(NotSupported, match="cannot be asked again"):
        what_if(outside, 0, Edits(added=(1,)))
    listed = user_list(outside, 0)["item"].to_numpy()
    assert len(listed) and reasons(outside, outside.history(0), listed) == [[]] * len(listed)
    assert run.id not in [one.id for one in usable_members(data, SplitSpec())]
    with pytest.raises(ParamError, match="not a finished run"):
        chosen_members(f"{run.id},{run.id}", "lists", data, SplitSpec())


def test_lists_are_empty_for_whom_the_file_does_not_name(outside: Serving, data: Dataset) -> None:
    assert user_list(outside, 1).empty
    both = side_by_side([outside, outside], 1)
    assert both.n_common == 0
    assert fallback_of(outside, 1, both.lists[0]) == ""


def test_its_lists_can_be_re_ranked_and_kept(outside: Serving, data: Dataset) -> None:
    settings = {"base": outside.run_id, "method": "mix", "strength": 0.6, "length": 5}
    run = queued_run(data, "reranked", settings=settings, k=5)
    assert work(run) == "done", run.status
    kept = Serving.open(run, data)
    assert kept.scorer.can.fixed
    assert user_list(kept, 1, k=5).empty
    assert set(user_list(kept, 0, k=5)["item"]) <= set(user_list(outside, 0, k=30)["item"])


def test_the_report_says_what_cannot_be_checked_of_it(data: Dataset) -> None:
    finished_run(data, "popularity")
    users, items, _values = make_split(data, SplitSpec()).triples(make_split(data, SplitSpec()).test)
    more = np.unique(np.stack([users, (items + 1) % data.n_items]), axis=1)
    pairs = np.unique(np.concatenate([np.stack([users, items]), more], axis=1), axis=1)
    run, _new = bring(data, ScoreTable(pairs[0], pairs[1], np.ones(len(pairs[0])), COLUMNS), name="Vendor")
    runs = finished_runs(data)
    arena = arenas(runs)[0]
    told = limits(data, leaderboard(runs, arena), arena, None)
    assert run.config.settings["picked_candidates"]
    assert any(one.startswith("Vendor was made by a system outside this app") for one in told)
    assert any("Vendor: the file lists every held-out pair" in one for one in told)
