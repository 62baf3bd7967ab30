"""The worth of an attribute, measured: what is trained, what is kept, what is refused, and what is told."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import Cancelled, NotFound, NotSupported, ParamError
from recsys_core.evaluation.worth import ARMS, HELPS, NO_EVIDENCE, SHUFFLED, WITH, WITHOUT
from recsys_core.scenarios import worth as core
from recsys_core.scenarios.worth import (
    Worth,
    judged_worth,
    keep_worth,
    kept_worth,
    kept_worths,
    made_worth,
    outlook,
)
from recsys_core.scenarios.worth_told import (
    arms_table,
    gains_table,
    listed,
    measuring,
    reason,
    sentence,
    whom,
)
from recsys_core.training.worth import Question, ask
from tests.planted import QUICK, planted

COLD = SplitSpec.parse("cold-item:0.3", seed=1)


def _asked(data: Dataset, attribute: str = "grade", **rest: Any) -> Question:
    return ask(data, "mf", attribute, **{"split": COLD, "settings": QUICK, "k": 5, "seeds": 2} | rest)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Worth, list[dict[str, Any]]]:
    """A workspace in which the planted grade was measured with two seeds: the result and what was reported."""
    folder, told = tmp_path_factory.mktemp("worth") / "workspace", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(folder))
        found = made_worth(_asked(planted()), report=told.append)
    return folder, found, told


@pytest.fixture
def kept(measured: tuple[Path, Worth, list[dict[str, Any]]], workspace: Path) -> Worth:
    """The same in a workspace that a test may change."""
    shutil.copytree(measured[0], workspace)
    return measured[1]


def _made(values: dict[str, list[float]], question: Question, n_users: int = 60) -> Worth:
    """A result as trainings of these means would give it."""
    users = 0.05 * np.random.default_rng(0).standard_normal(n_users)
    users -= users.mean()
    arms = {arm: np.array(means)[:, None] + users for arm, means in values.items()}
    return judged_worth(question, n_users, arms, 2.0)


def test_a_planted_reason_lowers_the_error_of_new_items(kept: Worth) -> None:
    assert kept.metric == "rmse"
    assert max(kept.arms[WITH]) < min(kept.arms[WITHOUT] + kept.arms[SHUFFLED])
    assert kept.against[WITHOUT].mean == pytest.approx(kept.mean(WITHOUT) - kept.mean(WITH))
    split = make_split(planted(), COLD)
    (users, items, _values), (_users, known, _) = split.triples(split.valid), split.triples(split.train)
    n_with_a_new_item = len(np.unique(users[~np.isin(items, known)]))  # 27 of 50
    assert (kept.n_users, kept.about["seeds"]) == (n_with_a_new_item, 2)
    assert kept.about["attribute"] == "items.grade"


def test_the_same_question_learns_nothing_again(kept: Worth, workspace: Path) -> None:
    question, told = _asked(planted(name="another-name")), []
    assert made_worth(question, report=told.append) == kept
    assert told == []
    assert kept_worths(question.data.fingerprint) == [kept]
    assert kept_worths("of other data") == []
    (next((workspace / "worth").glob("*.json"))).unlink()
    again = made_worth(question)  # from the trainings that are kept
    assert again.arms == kept.arms
    assert again.against == kept.against
    assert again.seconds is None


def test_what_is_left_to_learn_is_counted(kept: Worth, workspace: Path) -> None:
    assert (outlook(_asked(planted())).left, outlook(_asked(planted())).of) == (0, 6)
    other = outlook(_asked(planted(), "letter"))
    assert (other.left, other.of) == (4, 6)  # with it is with everything: learned already
    assert kept.seconds is not None
    assert other.seconds == pytest.approx(4 * kept.seconds)
    assert outlook(_asked(planted(), seeds=3)).left == 3
    strange = outlook(_asked(planted(), settings={**QUICK, "epochs": 2}))
    assert (strange.left, strange.seconds) == (6, None)


def test_progress_goes_from_the_first_training_to_the_last(
    measured: tuple[Path, Worth, list[dict[str, Any]]],
) -> None:
    told = measured[2]
    shares = [event["share"] for event in told]
    assert shares[0] == 0.0 and shares[-1] == 1.0
    assert shares == sorted(shares)
    assert {(event["arm"], event["seed"]) for event in told} == {
        (arm, seed) for arm in ARMS for seed in (0, 1)
    }
    assert {event["training"] for event in told} == set(range(1, 7))
    assert all(event["seconds_left"] is None or event["seconds_left"] >= 0 for event in told)
    share, text = measuring(told[len(told) // 2])
    assert 0 < share < 1
    assert text.startswith("Training ") and " of 6 (" in text and "left" in text
    assert measuring({"status": "started"}) == (0.0, "Starting")


def test_stopped_it_leaves_no_result(workspace: Path) -> None:
    with pytest.raises(Cancelled):
        made_worth(_asked(planted()), should_stop=lambda: True)
    assert list((workspace / "worth").glob("*.json")) == []
    asked_at: list[int] = []

    def in_the_first_training() -> bool:
        asked_at.append(1)
        return len(asked_at) > 1

    with pytest.raises(Cancelled):
        made_worth(_asked(planted()), should_stop=in_the_first_training)
    assert list((workspace / "worth").rglob("*.parquet")) == []


def test_a_result_of_another_version_or_a_damaged_one_is_not_read(
    kept: Worth, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question, path = _asked(planted()), next((workspace / "worth").glob("*.json"))
    with monkeypatch.context() as patch:
        patch.setattr(core, "FORMAT", 99)
        assert kept_worth(question) is None
        assert kept_worths(question.data.fingerprint) == []
    text = path.read_text()
    for broken in ("{", "[]", text.replace('"against"', '"other"'), text.replace('"luck"', '"lucky"')):
        path.write_text(broken)
        assert kept_worth(question) is None


@pytest.mark.parametrize(
    ("model", "attribute", "rest", "error", "told"),
    [
        ("mf", "colour", {}, NotFound, "'colour'"),
        ("mf", "items.title", {}, NotFound, "no attribute 'items.title'"),
        ("nothing", "grade", {}, NotFound, "'nothing'"),
        (
            "ease",
            "grade",
            {"split": SplitSpec(), "settings": {}},
            NotSupported,
            "use a model that reads attributes",
        ),
        ("ease", "grade", {"settings": {}}, NotSupported, "cannot serve whom the split"),
        ("mf", "grade", {"seeds": 1}, ParamError, "--seeds: 1 is not allowed"),
        ("mf", "grade", {"k": 0}, ParamError, "k is 0"),
        ("mf", "grade", {"settings": {"colour": 1}}, ParamError, "'colour'"),
        ("mf", "grade", {"split": SplitSpec.parse("last:1", seed=1)}, ParamError, "no time column"),
    ],
)
def test_bad_questions_are_refused(
    model: str, attribute: str, rest: dict[str, Any], error: type[Exception], told: str
) -> None:
    given = {"split": COLD, "settings": QUICK, "k": 5, "seeds": 2} | rest
    with pytest.raises(error, match=told.replace("(", r"\(")):
        ask(planted(), model, attribute, **given)


def test_an_attribute_that_the_model_does_not_read_is_refused() -> None:
    data = planted()
    data = replace(data, items=data.items.assign(same="x"))
    with pytest.raises(
        NotSupported, match=r"mf does not read items\.same; it reads: items\.grade, items\.letter"
    ):
        _asked(data.renamed("planted"), "same")


def test_two_rows_a_user_leave_nothing_to_judge_on(tiny_ratings: Dataset) -> None:
    question = ask(tiny_ratings, "mf", "genres", split=SplitSpec.parse("user-random:0.9", seed=1), k=2)
    with pytest.raises(NotSupported, match="no validation rows"):
        question.judged_on()


def test_the_answer_in_words() -> None:
    data, question = planted(), _asked(planted(), seeds=3)
    helps = _made({WITH: [0.8, 0.81, 0.79], WITHOUT: [1.0, 1.01, 1.0], SHUFFLED: [1.01, 1.0, 1.02]}, question)
    assert helps.verdict == HELPS
    assert sentence(helps, "Matrix factorisation", data.words) == (
        "grade helps Matrix factorisation on new items: RMSE is 0.800 with it, 1 without, 1.01 shuffled"
    )
    assert "surely beats both" in reason(helps)
    luck = _made({WITH: [0.8, 0.81, 0.79], WITHOUT: [1.0, 1.01, 1.0], SHUFFLED: [0.7, 1.0, 1.02]}, question)
    assert luck.verdict == NO_EVIDENCE
    assert sentence(luck, "M", data.words).startswith("No evidence that grade helps M on new items")
    assert "may be luck" in reason(luck)
    worse = _made({WITH: [1.2, 1.21, 1.2], WITHOUT: [1.0, 1.01, 1.0], SHUFFLED: [1.0, 1.0, 1.01]}, question)
    assert "grade hurts" in sentence(worse, "M", data.words)
    assert "surely loses" in reason(worse)
    less = _made({WITH: [0.9, 0.9, 0.91], WITHOUT: [0.9, 0.91, 0.9], SHUFFLED: [1.0, 1.0, 1.01]}, question)
    assert "not surely being without" in reason(less)
    costs = _made({WITH: [1.1, 1.11, 1.1], WITHOUT: [1.0, 1.0, 1.01], SHUFFLED: [1.1, 1.2, 1.0]}, question)
    assert "no more than the same values shuffled" in reason(costs)
    equal = _made({arm: [0.9, 0.91, 0.92] for arm in ARMS}, question)
    assert "Neither difference" in reason(equal)
    assert whom("cold-user:5", data.words) == "for new users"
    assert whom("user-random:0.2", data.words) == "for known users"


def test_tables_for_charts_and_people(workspace: Path) -> None:
    question = _asked(planted(), seeds=3)
    found = _made({WITH: [0.8, 0.81, 0.79], WITHOUT: [1.0, 1.01, 1.0], SHUFFLED: [1.01, 1.0, 1.02]}, question)
    arms = arms_table(found)
    assert arms["arm"].tolist() == ["with it"] * 3 + ["without it"] * 3 + ["shuffled"] * 3
    assert arms["value"].tolist() == pytest.approx([one for arm in ARMS for one in found.arms[arm]])
    assert (arms["low"] < arms["mean"]).all() and (arms["mean"] < arms["high"]).all()
    gains = gains_table(found)
    assert gains["verdict"].tolist() == [HELPS, HELPS]
    assert gains["mean"].tolist() == pytest.approx([0.2033, 0.21], abs=1e-3)
    row = listed([found], {"mf": "Factors"}, planted().words)[0]
    assert (row["Attribute"], row["Model"], row["Verdict"]) == ("grade of items", "Factors", "helps")
    assert row["Better than without"].startswith("+0.203 ± ")
    keep_worth(question, found)
    assert kept_worth(question) == found


def _noisy(data: Dataset, seed: int = 1) -> Dataset:
    """The same with a column of the items that was drawn by lot."""
    letters = np.random.default_rng(seed).choice(list("ABCDEFGH"), data.n_items)
    return replace(data, items=data.items.assign(noise=pd.Series(letters, dtype="str").to_numpy()))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_planted_reason_helps_and_a_drawn_letter_does_not(workspace: Path) -> None:
    found = {name: made_worth(_asked(planted(), name, seeds=3)).verdict for name in ("grade", "letter")}
    assert found == {"grade": HELPS, "letter": NO_EVIDENCE}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_in_a_world_of_attributes_two_towers_need_them_for_new_items(workspace: Path) -> None:
    causes = {"attributes": 1.0}
    world = simulate(Kind.IMPLICIT, n_users=400, n_items=300, seed=2, mean_events=30, causes=causes)
    settings = {"epochs": 30, "embedding_size": 16, "learning_rate": 0.01}
    data = _noisy(world.dataset)
    asked: dict[str, Any] = {"split": SplitSpec.parse("cold-item:0.2", seed=1), "settings": settings}
    found = {
        name: made_worth(ask(data, "two_tower", name, **asked)).verdict for name in ("category", "noise")
    }
    assert found == {"category": HELPS, "noise": NO_EVIDENCE}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_genres_help_with_new_films_and_noise_does_not(movielens: Dataset, workspace: Path) -> None:
    asked: dict[str, Any] = {"split": SplitSpec.parse("cold-item", seed=42), "settings": {"epochs": 30}}
    data = _noisy(movielens, 11)
    found = {name: made_worth(ask(data, "two_tower", name, **asked)).verdict for name in ("genres", "noise")}
    assert found == {"genres": HELPS, "noise": NO_EVIDENCE}
