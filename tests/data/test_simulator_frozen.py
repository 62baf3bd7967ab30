"""The worlds are frozen: models are tuned on them, so their content must not move under anybody's feet.

What is pinned is made of whole numbers and text (rows, attributes, causes) and of real numbers rounded to four
decimals. Drawing compares uniform random numbers with cumulated shares and rounds opinions, so a last bit that
another BLAS or processor rounds differently changes a row only where a draw lies within 1e-15 of a border: for
the rows below a chance of about 1e-11. NumPy's own streams are the remaining condition.

If a pin breaks, the simulator drew another world. Never adjust a pin without raising WORLD_VERSION.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.simulator import World, WorldSpec, chunks, simulate, simulate_spec
from recsys_core.data.simulator.spec import WORLD_VERSION
from recsys_core.data.splits import SplitSpec, make_split


def _fingerprint(*tables: pd.DataFrame) -> str:
    digest = hashlib.sha256()
    for table in tables:
        digest.update(table.to_csv(index=False, lineterminator="\n").encode())
    return digest.hexdigest()[:16]


def _observed(world: World) -> str:
    data = world.dataset
    items = data.items.assign(category=data.items["category"].str.join("|"))
    return _fingerprint(data.interactions, data.users, items, pd.DataFrame({"cause": world.causes}))


def _hidden(world: World) -> str:
    return _fingerprint(
        pd.DataFrame(world.truth).round(4), pd.DataFrame({"expected": world.expected()}).round(4)
    )


PINNED = {
    (Kind.RATING, 0.0): ("ebd3d05ba0b6aea5", "a802e38627c018d7"),
    (Kind.IMPLICIT, 0.0): ("4c4b37d6803431a9", "ad66c9816b99b4fa"),
    (Kind.CLICK, 0.0): ("f335f4e820d9423a", "d967000b6d97b35d"),
    (Kind.RATING, 0.5): ("cc6a902f12111f19", "b429c44ef7a8b44a"),
}


def test_these_are_the_pins_of_this_version() -> None:
    assert WORLD_VERSION == 1


@pytest.mark.parametrize(("kind", "drift"), list(PINNED))
def test_a_small_world_is_the_one_that_it_was(kind: Kind, drift: float) -> None:
    world = simulate(kind, n_users=60, n_items=40, seed=11, mean_events=12, drift=drift)
    assert (_observed(world), _hidden(world)) == PINNED[kind, drift]


BEST = {
    Kind.RATING: {"rmse": 0.705481, "mae": 0.564814, "ndcg@10": 0.484893, "recall@10": 0.403217},
    Kind.IMPLICIT: {"ndcg@10": 0.484893, "recall@10": 0.403217},
    Kind.CLICK: {"log_loss": 0.305186, "brier": 0.093387, "auc": 0.836876},
}


@pytest.mark.parametrize("kind", list(Kind))
def test_the_optimum_of_the_built_in_world_is_the_one_that_it_was(kind: Kind) -> None:
    world = simulate(kind)
    best = world.best(make_split(world.dataset, SplitSpec())).figures
    assert best == pytest.approx(BEST[kind], abs=1e-6)


def test_a_large_world_in_chunks_is_the_one_that_it_was() -> None:
    spec = WorldSpec.of_rows(Kind.CLICK, 200_000, seed=3)
    digest = hashlib.sha256()
    for part in chunks(spec, rows=30_000, truth=True):
        numbers = part[["user_id", "item_id", "value", "timestamp", "position", "hour", "load_ms", "cause"]]
        digest.update(numbers.to_numpy(np.int64).tobytes())
    assert digest.hexdigest()[:16] == "cbed3dae323fb362"


def test_the_kinds_share_their_choices() -> None:
    """The same seed makes the same users take the same items, whether they rate them or not."""
    rating, implicit = (
        simulate_spec(WorldSpec(kind, 60, 40, 11)).dataset for kind in (Kind.RATING, Kind.IMPLICIT)
    )
    columns = ["user", "item", "timestamp"]
    pd.testing.assert_frame_equal(rating.interactions[columns], implicit.interactions[columns])
