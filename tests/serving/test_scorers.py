from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.models.registry import MODELS, model_class
from recsys_core.serving.baselines import RandomScorer, histories_to_csr, narrowed
from recsys_core.serving.factors import solve_alike, solve_rows
from tests.fitted import QUICK, fitted, tiny_split

REPOSITORY = Path(__file__).resolve().parent.parent.parent

SCORE_WITHOUT_TENSORFLOW = """
import sys
from pathlib import Path
import numpy as np
from recsys_core.serving.load import load_scorer

for folder in sorted(Path(sys.argv[1]).iterdir()):
    scorer = load_scorer(folder)
    users = np.arange(scorer.n_users)
    table = scorer.score_catalogue(users)
    scorer.score(users, users % scorer.n_items)
    if scorer.can.new_users:
        scorer.fold_in([np.array([1, 2])])
    print(folder.name, repr(float(np.abs(table).sum())))
loaded = {"tensorflow", "keras", "tf2onnx"} & set(sys.modules)
assert not loaded, loaded
"""


def test_a_finished_model_is_loaded_and_scored_without_tensorflow(tmp_path: Path) -> None:
    for one in MODELS:
        fitted(one.name).save(tmp_path / one.name)
    asked = subprocess.run(
        [sys.executable, "-c", SCORE_WITHOUT_TENSORFLOW, str(tmp_path)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    sums = {name: float(total) for name, total in map(str.split, asked.stdout.splitlines())}
    assert sums.keys() == {one.name for one in MODELS}
    for name, total in sums.items():
        here = np.abs(fitted(name).score_catalogue(np.arange(fitted(name).scorer.n_users))).sum()
        np.testing.assert_allclose(total, here, rtol=1e-5, err_msg=name)


def test_pairs_of_a_catalogue_that_fills_a_block_by_itself_are_scored_user_by_user() -> None:
    scorer = RandomScorer(4, 1_200_000, seed=3)  # one user a block
    users, items = np.array([2, 0, 2, 3]), np.array([7, 1_199_999, 0, 7])
    expected = [
        scorer.score_catalogue(np.array([user]))[0, item] for user, item in zip(users, items, strict=True)
    ]
    assert scorer.score(users, items).tolist() == expected


@given(st.lists(st.lists(st.integers(0, 7), max_size=10), max_size=6))
def test_histories_become_rows_of_ones(histories: list[list[int]]) -> None:
    matrix = histories_to_csr([np.array(history, dtype=np.int64) for history in histories], 8)
    expected = [[float(item in history) for item in range(8)] for history in histories]
    assert matrix.shape == (len(histories), 8)
    assert matrix.toarray().tolist() == expected


def test_the_autoencoder_of_users_scores_a_few_items_as_all() -> None:
    scorer = model_class("rating_autoencoder")({**QUICK["rating_autoencoder"], "side": "user"})
    scorer = scorer.fit(tiny_split(), seed=0).scorer
    asked, values, items = [np.array([3, 5]), np.array([9])], [np.array([5.0, 1.0]), np.array([4.0])], [7, 2]
    for rated in (values, None):
        whole = scorer.fold_in(asked, rated)[:, items]
        np.testing.assert_allclose(
            scorer.fold_in_items(asked, rated, None, np.array(items)), whole, atol=1e-6
        )
    users = np.array([4, 0])
    few = scorer.score_items(users, np.array(items))
    np.testing.assert_allclose(few, scorer.score_catalogue(users)[:, items], atol=1e-6)


@given(st.lists(st.lists(st.integers(0, 7), max_size=10), max_size=6))
def test_narrowed_histories_are_the_same_histories(histories: list[list[int]]) -> None:
    chosen, narrow = narrowed([np.array(history, dtype=np.int64) for history in histories])
    assert chosen.tolist() == sorted({item for history in histories for item in history})
    assert [chosen[history].tolist() for history in narrow] == histories


@given(st.lists(st.integers(0, 19), min_size=1, max_size=15, unique=True))
def test_rows_that_are_alike_are_solved_as_any_rows(history: list[int]) -> None:
    rng = np.random.default_rng(0)
    others = rng.normal(size=(20, 4))
    whole = (others.T @ others, 20)
    rows = [np.array(history), *(np.delete(history, place) for place in range(len(history)))]
    seen = histories_to_csr(rows, 20)
    found = solve_alike(seen, others, 0.2, 0.02, whole)
    np.testing.assert_allclose(found, solve_rows(seen, others, 0.2, 0.02), atol=1e-9)
