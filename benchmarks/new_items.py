"""Items that training never saw: how well their attributes alone place them. Development rows only, no test row is read.

A tenth of the items is taken out of the data set altogether, so that not even the reading of attributes knows them;
the rest is learned from; then the hidden items are scored by `score_new_items` and asked for. `ndcg@10` ranks the
hidden items among themselves; `percentile` is the share of all items a user has not taken that stand below a hidden
one they did take (chance: .5), which also asks whether new and known items can share a list.

    python -m benchmarks.new_items            MovieLens 100K and a simulated world
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM, ITEM_ROW, USER, USER_ROW, Kind
from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.evaluation.ranking import top_k
from recsys_core.models.registry import model_class

HIDDEN = 0.1
SEEDS = (42, 43)


@dataclass(frozen=True)
class Task:
    """What is learned from, and what is asked for.

    Attributes:
        split: the data set without the hidden items; its test part is two rows that nobody looks at.
        items: the hidden items' table.
        wanted: which of them each user took, (n_users, n_hidden).
    """

    split: Split
    items: pd.DataFrame
    wanted: csr_matrix


def hide_items(data: Dataset, seed: int) -> Task:
    """Takes a tenth of the items out of the development rows of a data set."""
    outer = make_split(data, SplitSpec(seed=seed))
    events = data.interactions.iloc[outer.fit_rows]
    rng = np.random.default_rng(seed + 7)
    hidden = rng.random(data.n_items) < HIDDEN
    out = hidden[events[ITEM_ROW].to_numpy()]
    named = pd.DataFrame(
        {
            USER: data.users[USER].to_numpy()[events[USER_ROW]],
            ITEM: data.items[ITEM].to_numpy()[events[ITEM_ROW]],
            "value": events["value"].to_numpy(),
        }
    )
    known = make_dataset(
        data.name, data.kind, named[~out], users=data.users, items=data.items, list_columns=data.list_columns
    )
    n = len(known.interactions)
    part = rng.permutation(n)
    cuts = (np.sort(part[2 + n // 10 :]), np.sort(part[2 : 2 + n // 10]), np.sort(part[:2]))
    strangers = data.items[hidden].reset_index(drop=True)
    asked = named[out]
    users = known.user_vocabulary.rows(asked[USER])
    items = pd.Index(strangers[ITEM]).get_indexer(asked[ITEM])
    meet = users >= 0  # a user who took hidden items only is nobody now
    shape = (known.n_users, len(strangers))
    wanted = csr_matrix((np.ones(meet.sum(), np.float32), (users[meet], items[meet])), shape=shape)
    return Task(Split(known, SplitSpec(seed=seed), *cuts), strangers, wanted)


def baselines(task: Task, seed: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, scores of the known items and of the hidden ones: chance, popularity, and the taste for attributes."""
    data, shape = task.split.dataset, task.wanted.shape
    rng = np.random.default_rng(seed)
    seen = task.split.matrix(task.split.fit_rows)
    counts = np.asarray(seen.sum(axis=0)) + rng.random(seen.shape) * 1e-6
    yield "random", rng.random(seen.shape), rng.random(shape)
    yield "popularity, 0 for new items", counts, rng.random(shape) * 1e-6
    lists = [name for name in data.items.columns if name in data.list_columns]
    encoder = AttributeEncoder.fit(data.items[lists], lists)
    known, new = (encoder.transform(table).toarray() for table in (data.items, task.items))
    taste = seen @ known
    favourite = (taste == taste.max(axis=1, keepdims=True)).astype(float)
    yield (
        "most common value",
        favourite @ known.T + counts * 1e-9,
        favourite @ new.T + rng.random(shape) * 1e-9,
    )
    share = taste / np.maximum(taste.sum(axis=1, keepdims=True), 1e-9)
    lift = np.log1p(share / np.maximum(known.mean(axis=0), 1e-9))
    yield "taste for values", lift @ known.T, lift @ new.T


def figures(task: Task, known: np.ndarray, new: np.ndarray) -> dict[str, float]:
    """NDCG@10 among the hidden items, and the mean percentile of those that were taken."""
    users = np.flatnonzero(np.diff(task.wanted.indptr))
    wanted, seen = task.wanted[users], task.split.matrix(task.split.fit_rows)[users]
    lists = top_k(new[users].astype(np.float64), 10).items
    below = []
    for row, user in enumerate(users):
        free = np.ones(known.shape[1], dtype=bool)
        free[seen[row].indices] = False
        others = np.sort(np.concatenate([known[user][free], new[user]]))
        taken = new[user][wanted[row].indices]
        below.append(np.mean(np.searchsorted(others, taken) / len(others)))
    gained = ndcg(hits_of(lists, wanted), 10)
    return {
        "ndcg@10": round(float(gained.mean()), 4),
        "se": round(float(gained.std() / np.sqrt(len(gained))), 4),
        "percentile": round(float(np.mean(below)), 4),
    }


def new_items(data: Dataset, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """Each baseline and `two_tower`, a list of figures by seed."""
    found: dict[str, Any] = {}
    for seed in SEEDS:
        task = hide_items(data, seed)
        for name, known, new in baselines(task, seed):
            found.setdefault(name, []).append(figures(task, known, new))
        model = model_class("two_tower")(settings or {}).fit(task.split, seed=1)
        everybody = np.arange(task.split.dataset.n_users)
        known, new = model.score_catalogue(everybody), model.score_new_items(everybody, task.items)
        found.setdefault("two_tower", []).append(figures(task, known, new))
        bare = model.score_new_items(everybody, task.items.drop(columns="title"))
        found.setdefault("two_tower, titles unknown", []).append(figures(task, known, bare))
    return found


def main() -> None:
    """Prints the figures as JSON."""
    world = simulate(Kind.IMPLICIT, n_users=1500, n_items=600, mean_events=40, seed=11).dataset
    sets = [fetch_source("movielens-100k", actor="benchmark"), replace(world, name="simulated")]
    for data in sets:
        print(json.dumps({data.name: new_items(data)}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
