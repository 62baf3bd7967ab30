"""Every metric has its formula, in good LaTeX, and the code beside it is the code that runs."""

from __future__ import annotations

import pytest

from recsys_core.data.dataset import Words
from recsys_core.errors import ParamError
from recsys_core.evaluation import beyond, metrics
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.formulas import FORMULAS, Shape, formula, known, variant_of
from recsys_core.evaluation.meanings import MEANINGS
from recsys_core.evaluation.metrics import RANKING_METRICS
from recsys_core.evaluation.rating import RATING_METRICS
from recsys_core.models.baselines import Bias
from tests.fitted import tiny_split

WORDS = Words(item="film", items="films", user="viewer", users="viewers", value="rating")


def test_every_metric_that_evaluation_makes_has_a_formula() -> None:
    split = tiny_split()
    made = evaluate(Bias().fit(split, seed=0).scorer, split, k=5).metrics
    assert len(made) > 20
    assert [name for name in made if not known(name)] == []
    assert set(FORMULAS) >= {*RANKING_METRICS, *RATING_METRICS, *beyond.SYSTEM_METRICS, *beyond.LIST_METRICS}
    assert set(FORMULAS) <= set(MEANINGS)


@pytest.mark.parametrize("name", [*FORMULAS, "ndcg_liked", "recall_warm"])
def test_a_formula_is_whole_and_says_what_its_letters_mean(name: str) -> None:
    one = formula(f"{name}@7")
    assert one.latex.count("{") == one.latex.count("}")
    assert one.latex.count(r"\left") == one.latex.count(r"\right")
    told = one.told(WORDS, 7)
    assert told.endswith(".")
    assert "{" not in told
    if one.shape is not Shape.ROWS and name != "intra_list_diversity":
        assert "7" in told
    assert one.source().startswith("def ")
    assert one.averaged == (one.shape in (Shape.HITS, Shape.LIST))


def test_the_source_is_that_of_the_function_that_runs() -> None:
    assert RANKING_METRICS["ndcg"] is metrics.ndcg
    assert "np.log2(np.arange(2, k + 2))" in formula("ndcg@10").source()
    assert "def precision" in formula("f1@10").source()
    assert "liked_threshold" in formula("ndcg_liked@10").source()
    assert formula("ndcg@10").source().count("def ") == 1


def test_names_are_read() -> None:
    assert variant_of("ndcg_liked@10") == ("ndcg", "_liked")
    assert variant_of("recall_warm@5") == ("recall", "_warm")
    assert variant_of("liked_precision") == ("liked_precision", "")
    assert not known("beauty@3")
    with pytest.raises(ParamError, match="beauty"):
        formula("beauty@3")


def test_liked_and_warm_say_what_is_different() -> None:
    assert "liked" in formula("hr_liked@10").told(WORDS, 10)
    assert "learned from" in formula("recall_warm@10").told(WORDS, 10)
