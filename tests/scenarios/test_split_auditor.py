"""The split auditor: figures by hand, what is compared with what, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.split_flags import LEAK, Flag
from recsys_core.data.store import keep_dataset
from recsys_core.errors import Cancelled, DataError, NotFound, NotSupported, ParamError
from recsys_core.evaluation.intervals import Interval
from recsys_core.runs import list_runs
from recsys_core.scenarios import run_maker, split_auditor_store
from recsys_core.scenarios.leaderboard import Arena, compare, leaderboard
from recsys_core.scenarios.run_maker import AuditProgress, finished_work, made_run
from recsys_core.scenarios.split_auditor import (
    AUDITED,
    Auditing,
    Side,
    auditable_models,
    audited_splits,
    configurations,
)
from recsys_core.scenarios.split_auditor_store import kept_auditing, made_auditing
from recsys_core.scenarios.split_verdict import answers, auditing, kindness, portion, readings
from tests.helpers import finished_run


@pytest.fixture(scope="module")
def made(little: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Auditing:
    """EASE audited on the little data, once for all tests that only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(tmp_path_factory.mktemp("auditor")))
        keep_dataset(little, actor="test")
        return made_auditing(little, "ease", k=5, actor="test")


@pytest.fixture
def data(workspace: object, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="ada")


def test_every_split_stands_with_the_leaderboard_s_own_figures(data: Dataset) -> None:
    told: list[dict[str, object]] = []
    found = made_auditing(data, "ease", k=5, actor="ada", report=told.append)
    assert [one.split for one in found.figures] == ["user-random:0.2", "last:1", "time:0.2", "cold-user:5"]
    assert found.left_out == {}
    runs = list_runs()
    assert len(runs) == 12
    assert (runs[0].config.model, runs[0].config.split) == ("ease", "user-random:0.2")
    for one in found.figures:
        rows = leaderboard(runs, Arena(one.split, 42, 5))
        by_model = {row.config.model: row for row in rows}
        for side, model in ((one.everybody.model, "ease"), (one.everybody.popularity, "popularity")):
            row = by_model[model]
            assert [side.mean, side.low, side.high] == [row.metrics["ndcg@5"], *row.ci["ndcg@5"]]
        assert one.chance == by_model["random"].metrics["ndcg@5"]
        gap = compare(by_model["ease"], by_model["popularity"], "ndcg@5")
        assert one.everybody.lead.mean == pytest.approx(gap.mean)
        assert one.everybody.judged == by_model["ease"].run.measured()["n_judged"]
        assert one.run == by_model["ease"].run.id
        assert one.audit.clean
    shares = [float(event["share"]) for event in told]  # type: ignore[arg-type]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] < 1


def test_known_people_stand_by_themselves_under_time(made: Auditing) -> None:
    one = made.of("time")
    assert one is not None and one.known is not None
    assert one.new == one.everybody.judged - one.known.judged > 0
    assert one.new == one.audit.new_users
    assert one.fair is one.known
    cold = made.of("cold-user")
    assert cold is not None and cold.known is None
    assert cold.fair is cold.everybody
    table = made.table()
    assert len(table) == 2 * 5
    assert set(table.loc[table["of"] == "known", "split"]) == {"time:0.2"}


def test_finished_runs_of_the_same_work_are_taken(data: Dataset) -> None:
    run = finished_run(data, "ease", k=5)
    found = made_auditing(data, "ease", k=5, actor="ada")
    assert found.figures[0].run == run.id
    assert len(list_runs()) == 12


def test_what_was_found_is_kept_and_read_back_the_same(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept_auditing(data, "ease", k=5) is None
    found = made_auditing(data, "ease", k=5, actor="ada")
    assert kept_auditing(data, "ease", k=5) == found
    assert made_auditing(data, "ease", k=5, actor="bob") == found
    assert kept_auditing(data, "ease", k=6) is None
    assert kept_auditing(data, "ease", k=5, settings={"l2": 7}) is None
    assert kept_auditing(data, "ease", k=5, seed=1) is None
    path = next((split_auditor_store.subfolder("audits")).glob("*.json"))
    with monkeypatch.context() as patch:
        patch.setattr(split_auditor_store, "FORMAT", 99)
        assert kept_auditing(data, "ease", k=5) is None
    path.write_text('{"made_by": 1, "figures": [{"split": 3}]}')
    assert kept_auditing(data, "ease", k=5) is None


def test_ended_in_the_middle_nothing_half_made_remains(data: Dataset) -> None:
    def ended(event: dict[str, object]) -> None:
        if event["model"] == "popularity" and str(event["split"]).startswith("last"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_auditing(data, "ease", k=5, actor="ada", report=ended)
    assert {run.state for run in list_runs()} == {"done"}
    assert len(list_runs()) == 7  # three of each split that came before, and lots under last
    assert kept_auditing(data, "ease", k=5) is None


def test_a_run_that_is_ended_while_it_learns_is_removed(data: Dataset) -> None:
    wanted, _left = configurations(data, "ease", k=5, actor="ada")

    def ended(event: dict[str, object]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_run(wanted[0][0], watch=ended)
    assert list_runs() == []
    assert finished_work(wanted[0][0]) is None


def test_a_run_stopped_elsewhere_or_failed_is_said(data: Dataset) -> None:
    wanted, _left = configurations(data, "ease", k=5, actor="ada")
    config = wanted[0][0]

    def stopped(event: dict[str, object]) -> None:
        for run in list_runs():
            if run.state == "running":
                run.cancel(actor="bob")

    with pytest.raises(Cancelled, match="audit again"):
        made_run(replace(config, model="history_encoder", settings={**_encoder(data)}), watch=stopped)
    with pytest.raises(DataError, match="replaced"):
        made_run(replace(config, fingerprint="0" * 16))


def _encoder(data: Dataset) -> dict[str, object]:
    wanted, _left = configurations(data, "history_encoder", settings={"epochs": 4}, k=5, actor="ada")
    return dict(wanted[0][0].settings)


def test_models_and_splits_that_do_not_fit_are_left_out_or_refused(
    data: Dataset, tiny_ratings: Dataset
) -> None:
    names = auditable_models(data)
    assert "ease" in names and "sequence" in names
    assert not {"popularity", "random", "bias", "blend", "reranked"} & set(names)
    specs, left_out = audited_splits(data, "embedding_mlp")
    assert [spec.protocol for spec in specs] == ["user-random", "last", "time"]
    assert "by their id alone" in left_out["cold-user"]
    timeless = replace(data, interactions=data.interactions.drop(columns="timestamp"))
    specs, left_out = audited_splits(timeless, "ease")
    assert [spec.protocol for spec in specs] == ["user-random", "cold-user"]
    assert left_out == {"last": "the data have no times", "time": "the data have no times"}
    assert "sequence" not in auditable_models(timeless)
    own = replace(data, interactions=data.interactions.assign(part=0))
    specs, left_out = audited_splits(own, "ease")
    assert [spec.protocol for spec in specs] == ["given"]
    assert set(left_out) == set(AUDITED)
    for model in ("popularity", "blend"):
        with pytest.raises(NotSupported, match="use one of: history_encoder"):
            audited_splits(data, model)
    with pytest.raises(NotFound):
        audited_splits(data, "oracle")
    with pytest.raises(ParamError, match="k is 99"):
        configurations(data, "ease", k=99, actor="ada")


def _side(
    model: float, popularity: float, *, rows: float = 20.0, judged: int = 100, verdict: str = "better"
) -> Side:
    at = [Interval(value, value - 0.01, value + 0.01) for value in (model, popularity, model - popularity)]
    return Side(judged, rows, at[0], at[1], at[2], verdict)


def _with(made: Auditing, **sides: Side) -> Auditing:
    """The audit with other figures: user_random, last, time, cold_user."""
    figures = []
    for one in made.figures:
        side = sides.get(one.protocol.replace("-", "_"))
        figures.append(one if side is None else replace(one, everybody=side, known=side))
    return replace(made, figures=tuple(figures))


def test_the_answer_says_how_much_is_kindness(made: Auditing, little: Dataset) -> None:
    found = _with(made, user_random=_side(0.44, 0.22), time=_side(0.21, 0.14))
    (said,) = answers(found, little.words)
    assert said == (
        "Under time NDCG@5 of EASE falls from 0.440 to 0.210: about half of the figure is the split's kindness. It beats "
        "popularity by 50% there, by 100% under user-random: about half of its lead is kindness."
    )
    first, time = (found.of(name) for name in ("user-random", "time"))
    assert first is not None and time is not None
    assert kindness(first, time) == pytest.approx(1 - 0.21 / 0.44)


@pytest.mark.parametrize(
    ("time", "parts"),
    [
        (_side(0.60, 0.20), ("rises from 0.440 to 0.600", "It beats popularity by 200% there, by 100% under user-random.")),
        (_side(0.43, 0.22), ("stays where it is: 0.430 beside 0.440",)),
        (_side(0.10, 0.10, verdict="tie"), ("a tie with popularity, which it beats by 100% under user-random",)),
        (_side(0.10, 0.20, verdict="worse"), ("popularity is better: the model is -50% beside it, +100%",)),
        (_side(0.10, 0.05, rows=1), ("not to be held against the 0.440 of user-random", "to be found is 1 a user instead of 20")),
        (_side(0.10, 0.0), ("nothing is said of a lead",)),
    ],
)  # fmt: skip
def test_the_answer_in_other_cases(
    made: Auditing, little: Dataset, time: Side, parts: tuple[str, ...]
) -> None:
    said = " ".join(answers(_with(made, user_random=_side(0.44, 0.22), time=time), little.words))
    for part in parts:
        assert part in said


def test_new_people_are_a_sentence_of_their_own(made: Auditing, little: Dataset) -> None:
    time = made.of("time")
    assert time is not None
    figures = tuple(
        replace(one, everybody=_side(0.1, 0.3, judged=30, verdict="worse"), known=_side(0.2, 0.1, judged=10))
        if one is time
        else one
        for one in made.figures
    )
    said = answers(replace(made, figures=figures), little.words)
    assert len(said) == 2
    assert said[1] == (
        "20 of the 30 users judged under time are new to it: with them NDCG@5 is 0.100, and popularity is better with 0.300."
    )


def test_a_leak_is_the_answer_before_everything_else(made: Auditing, little: Dataset) -> None:
    first = made.figures[0]
    flagged = replace(first.audit, flags=(Flag("pairs", LEAK, "3 of 9 test rows stand in training too."),))
    found = replace(made, figures=(replace(first, audit=flagged), *made.figures[1:]))
    assert answers(found, little.words) == [
        "Under user-random the test rows leak. 3 of 9 test rows stand in training too."
    ]


def test_readings_name_every_split_and_why_one_is_missing(made: Auditing, little: Dataset) -> None:
    found = replace(
        made, figures=made.figures[:3], left_out={"cold-user": "it knows users by their id alone"}
    )
    said = dict(readings(found, little.words))
    assert list(said) == ["user-random:0.2", "last:1", "time:0.2", "cold-user"]
    assert said["cold-user"] == "Not tried: it knows users by their id alone."
    assert "no leak, but it is kind" in said["user-random:0.2"]
    alone = replace(made, figures=made.figures[:1])
    assert "no second split" in answers(alone, little.words)[0]


@pytest.mark.parametrize(
    ("share", "words"), [(0.52, "about half"), (0.07, "about a tenth"), (0.99, "nearly all")]
)
def test_portions_are_words(share: float, words: str) -> None:
    assert portion(share) == words


def test_progress_counts_what_must_still_learn(data: Dataset) -> None:
    told: list[dict[str, object]] = []
    finished_run(data, "popularity", k=5)
    wanted, _left = configurations(data, "ease", k=5, actor="ada")
    progress = AuditProgress(told.append, wanted[0])
    watch = progress.of(wanted[0][0])
    watch({"type": "epoch", "epoch": 1, "of": 2, "phase": "train"})
    watch({"type": "epoch", "epoch": 1, "of": 2, "phase": "refit"})
    progress.of(wanted[0][1])
    progress.of(wanted[0][2])
    total = 10 + 0.01 + 1
    expected = np.array([0, 2.5, 7.5, 10, 10.01]) / total
    np.testing.assert_allclose([float(event["share"]) for event in told], expected)  # type: ignore[arg-type]
    assert told[0]["seconds_left"] is None


def test_time_left_is_told_once_it_is_more_than_a_guess(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_maker, "LEAST_SECONDS", -1.0)
    told: list[dict[str, object]] = []
    wanted, _left = configurations(data, "ease", k=5, actor="ada")
    AuditProgress(told.append, wanted[0]).of(wanted[0][0])({"type": "epoch", "epoch": 1, "of": 2})
    assert told[0]["seconds_left"] is None and float(told[1]["seconds_left"]) >= 0  # type: ignore[arg-type]
    share, text = auditing({**told[1], "seconds_left": 12.0})
    assert (share, text) == (told[1]["share"], "EASE under user-random:0.2 · 12 s left")
    assert auditing({"status": "started"}) == (0.0, "Starting")
    assert auditing({"status": "done"}) == (1.0, "Done")
