"""A kept setting as it serves: the lists of the dial, by scores that order them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import DataError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.baselines import Bias, Ease
from recsys_core.ranking.rerank import METHODS, MIX, MMR, Setting
from recsys_core.ranking.top_k import top_k
from recsys_core.scenarios.explain import explain
from recsys_core.scenarios.lists import Serving, history_list, user_list
from recsys_core.scenarios.newcomers import trust_said
from recsys_core.serving.load import load_scorer
from recsys_core.serving.reranked import RerankedScorer
from recsys_core.training.reranked import Reranked
from tests.fitted import fitted, tiny_split
from tests.scenarios.served import ease, opened

K = 5


def _made(**settings: object) -> Serving:
    made = Reranked({"base": "ease", "length": K, **settings}, find_base=lambda *_given: ease().scorer)
    return opened(made.fit(tiny_split(), seed=0).scorer, "reranked")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
def test_the_run_gives_the_lists_that_the_dial_gave(method: str, strength: float) -> None:
    run = _made(method=method, strength=strength)
    for user in range(12):
        dialled = user_list(ease(), user, k=K, rerank=Setting(method, strength))
        kept = user_list(run, user, k=K)
        assert kept["item"].tolist() == dialled["item"].tolist()
        np.testing.assert_allclose(kept["score"], dialled["score"], rtol=1e-6)


@given(
    st.sampled_from(list(METHODS)),
    st.floats(0.05, 1.0),
    st.lists(st.integers(0, 39), max_size=8, unique=True),
)
def test_somebody_new_gets_the_dials_list_too(method: str, strength: float, history: list[int]) -> None:
    run = _made(method=method, strength=strength)
    given_ = np.array(history, dtype=np.int64)
    dialled = history_list(ease(), given_, k=K, rerank=Setting(method, strength))
    assert history_list(run, given_, k=K)["item"].tolist() == dialled["item"].tolist()


def test_behind_the_picks_the_others_come_in_the_models_order() -> None:
    run = _made(method=MMR, strength=0.9)
    users = np.arange(12)
    scores, base = run.scorer.score_catalogue(users), ease().scorer.score_catalogue(users)
    seen = run.seen[users]
    lists, plain = (top_k(one, run.data.n_items, seen=seen, seed=1).items for one in (scores, base))
    for row in range(12):
        behind = lists[row][K:]
        assert behind.tolist() == [item for item in plain[row] if item not in lists[row][:K]]


def test_what_somebody_knows_keeps_its_score() -> None:
    run, user = _made(method=MMR, strength=0.9), np.array([3])
    known = run.history(3)
    np.testing.assert_array_equal(
        run.scorer.score_catalogue(user)[0, known], ease().scorer.score_catalogue(user)[0, known]
    )


def test_predicted_values_stay_what_they_were() -> None:
    base = Bias().fit(tiny_split(), seed=0).scorer
    made = Reranked({"base": "bias", "strength": 0.8}, find_base=lambda *_given: base)
    scorer = made.fit(tiny_split(), seed=0).scorer
    users, items, _values = tiny_split().triples(tiny_split().test)
    assert scorer.can.ratings
    np.testing.assert_array_equal(scorer.score(users, items), base.score(users, items))


def test_reasons_are_those_of_the_model() -> None:
    run = _made(method=MIX, strength=0.7)
    history, items = ease().history(4), user_list(run, 4, k=K)["item"].to_numpy()
    ours, theirs = (explain(one, history, items) for one in (run, ease()))
    assert [one.carriers for one in ours] == [one.carriers for one in theirs]


def test_kept_and_opened_again_it_is_the_same(tmp_path: Path) -> None:
    scorer = fitted("reranked").scorer
    scorer.save(tmp_path / "model")
    again = load_scorer(tmp_path / "model")
    assert isinstance(again, RerankedScorer)
    assert again.reranker.setting == scorer.reranker.setting  # type: ignore[attr-defined]
    users = np.arange(20)
    np.testing.assert_array_equal(again.score_catalogue(users), scorer.score_catalogue(users))


def test_a_base_that_was_changed_is_refused(tmp_path: Path) -> None:
    fitted("reranked").scorer.save(tmp_path / "model")
    manifest = tmp_path / "model" / "member0" / "serving.json"
    manifest.write_text(manifest.read_text().replace('"n_users"', '"n_users_"'))
    with pytest.raises(DataError, match="member0"):
        load_scorer(tmp_path / "model")


def test_a_catalogue_smaller_than_the_list_is_served() -> None:
    made = Reranked({"base": "ease", "length": 100, "strength": 0.5}, find_base=lambda *_given: ease().scorer)
    run = opened(made.fit(tiny_split(), seed=0).scorer)
    assert len(user_list(run, 0, k=40)) == 40 - len(set(run.history(0).tolist()))


def test_everybody_who_knows_everything_has_an_empty_list() -> None:
    run = _made(method=MIX, strength=0.5)
    everything = np.arange(run.data.n_items)
    assert np.isfinite(run.scorer.fold_in([everything])).all()
    assert history_list(run, everything, k=K).empty


COLD = make_split(tiny_split().dataset, SplitSpec.parse("cold-user:3", seed=1))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("distance", ["usual", "model", "together"])
def test_people_held_out_whole_get_the_dials_list_too(method: str, distance: str) -> None:
    base = Ease({"l2": 10.0}).fit(COLD, seed=0).scorer
    settings = {"base": "ease", "length": K, "method": method, "strength": 0.5, "distance": distance}
    made = Reranked(settings, find_base=lambda *_given: base)
    plain = Serving("plain", COLD.dataset, COLD, base)
    kept = Serving("kept", COLD.dataset, COLD, made.fit(COLD, seed=0).scorer)
    dial = Setting(method, 0.5, "" if distance == "usual" else distance)
    for user in np.unique(COLD.triples(COLD.test)[0]).tolist():
        dialled = user_list(plain, user, k=K, rerank=dial)["item"].tolist()
        assert user_list(kept, user, k=K)["item"].tolist() == dialled


def test_a_predicted_value_of_somebody_held_out_whole_stays_too() -> None:
    base = Bias().fit(COLD, seed=0).scorer
    made = Reranked({"base": "bias", "strength": 0.8, "length": K}, find_base=lambda *_given: base)
    scorer = made.fit(COLD, seed=0).scorer
    found = [evaluate(one, COLD, k=K).metrics["rmse"] for one in (base, scorer)]
    assert found[0] == found[1]


def test_a_re_ranked_newcomer_still_says_how_far_it_trusts_itself() -> None:
    trust = fitted("newcomer").scorer
    made = Reranked({"base": "newcomer", "strength": 0.5}, find_base=lambda *_given: trust)
    assert trust_said(made.fit(tiny_split(), seed=0).scorer, 3) == trust_said(trust, 3) is not None
