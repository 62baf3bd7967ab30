"""Items that training never saw, MovieLens 100K: a tenth of the items held out, ranked among themselves.

    python -m benchmarks.loop new_items                    three splits on which no choice was made
    python -m benchmarks.loop new_items --development      seeds 7 and 8, the outer test rows thrown away

Beside stand the lists of the other items in the whole catalogue, by the same fitted model: held-out items compete in
them with the score that they have, nothing is added for being new.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from benchmarks import ledger
from benchmarks.contest import OURS, Cell, Entry, Options, code_of
from benchmarks.cuts import Cut
from benchmarks.lists import pair_table
from benchmarks.pairs import TOGETHER, differences, plain
from benchmarks.tables import reached, table
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.models.registry import model_class
from recsys_core.ranking.top_k import rank_users
from recsys_core.scenarios.new_item_floors import NewItemScores, content_neighbours, popularity_by_attribute
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.types import FloatArray, IntArray

DATA, PROTOCOL = "movielens-100k", "cold-item:0.1"
FINAL_SEEDS, DEVELOPMENT_SEEDS = (110, 111, 112), (7, 8)
"""107 to 109 were looked at once, before `tower_network.in_common` was added: .3676 beside .2491 and .1699."""
MODEL, BY_ATTRIBUTE, SIMILAR, EASE = "two_tower", "popularity by attribute", "content neighbours", "ease"
BOTH = "both floors multiplied"
FLOORS = (BY_ATTRIBUTE, SIMILAR, BOTH)
FIGURES = ("ndcg@10", "ndcg_liked@10", "distinct", "judged", "ndcg_warm@10", "cold_places@10")
K = 10


class Placed(Scorer):
    """A floor as a scorer of the whole catalogue, held-out items at the score of new ones."""

    form: ClassVar[str] = "placed"
    can: Capabilities = Capabilities()

    def __init__(self, split: Split, scores: NewItemScores) -> None:
        self.n_users, self.n_items = split.dataset.n_users, split.dataset.n_items
        self.scores, self.cold = scores, split.cold_items

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Known items by the floor's own score, held-out ones by that of their attributes."""
        found = np.array(self.scores.known(users), dtype=np.float64)
        found[:, self.cold] = self.scores.new(users)
        return found

    def write(self, folder: Path) -> dict[str, Any]:
        """It is never kept."""
        raise TypeError("a floor of this contest is never kept")

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Scorer:
        """It is never kept."""
        raise TypeError("a floor of this contest is never kept")


def multiplied(data: Dataset, seen: csr_matrix, items: pd.DataFrame) -> NewItemScores:
    """Likeness times the number of people that the attributes promise: harder to beat than either floor."""
    popular, alike = (make(data, seen, items) for make in (popularity_by_attribute, content_neighbours))
    return NewItemScores(
        lambda users: alike.known(users) * np.expm1(popular.known(users)),
        lambda users: alike.new(users) * np.expm1(popular.new(users)),
    )


def scorer_of(label: str, split: Split, seed: int) -> Scorer:
    """A model with its defaults, or a floor."""
    floors: dict[str, Callable[..., NewItemScores]] = {
        BY_ATTRIBUTE: popularity_by_attribute,
        SIMILAR: content_neighbours,
        BOTH: multiplied,
    }
    if label not in floors:
        return model_class(label)({}).fit(split, seed=seed).scorer
    items = split.dataset.items.iloc[split.cold_items].reset_index(drop=True)
    return Placed(split, floors[label](split.dataset, split.matrix(split.fit_rows), items))


def figures(scorer: Scorer, split: Split) -> tuple[Evaluation, dict[str, float]]:
    """What `evaluate` finds, and: different lists of held-out items, their share of places in the whole catalogue."""
    found = evaluate(scorer, split, k=K)
    shown = found.candidates[found.candidates["rank"] <= K].groupby("user")["item"].agg(frozenset)
    judged = found.per_user["user"].to_numpy()
    lists = rank_users(
        scorer.score_catalogue, judged, K, seen=split.matrix(split.known_rows), seed=split.spec.seed
    )
    more = {
        "distinct": float(shown.loc[judged].nunique()),
        "judged": float(len(judged)),
        "cold_places@10": float(np.isin(lists.items, split.cold_items).mean()),
    }
    return found, more


def measured(label: str, cut: Cut, options: Options) -> Cell:
    """What is kept of this entry on this cut, or a new measurement, which is kept and written into the ledger."""
    place = options.folder / str(cut) / f"new-{label.replace(' ', '_')}"
    note, arrays = place.with_name(place.name + ".json"), place.with_name(place.name + ".npz")
    code = code_of(Entry(label, OURS, label))
    if note.exists():
        kept = json.loads(note.read_text(encoding="utf-8"))
        if kept["code"] == code or not options.fresh:
            with np.load(arrays, allow_pickle=False) as found:
                return Cell(kept["figures"], {name: found[name] for name in found.files})
    print(f"  {cut} {label}", flush=True)
    split = cut.split()
    found, more = figures(scorer_of(label, split, cut.seed), split)
    ledger.write_down(label, cut, cut.seed, "ndcg@10", found.metrics["ndcg@10"])
    per_user = {}
    for name in ("ndcg@10", "ndcg_warm@10"):
        per_user[name] = np.full(split.dataset.n_users, np.nan)
        per_user[name][found.per_user["user"]] = found.per_user[name]
    values = {name: value for name, value in (found.metrics | more).items() if name in FIGURES}
    if label == EASE:  # it knows items by their id alone: of held-out ones it says nothing
        values = {"ndcg_warm@10": values["ndcg_warm@10"]}
    note.parent.mkdir(parents=True, exist_ok=True)
    np.savez(arrays, **per_user)  # type: ignore[arg-type]
    note.write_text(json.dumps({"code": code, "figures": values}), encoding="utf-8")
    return Cell(values, per_user)


def new_items(options: Options) -> dict[str, Any]:
    """Everyone on every split, and `two_tower` against each floor, paired over users."""
    seeds = DEVELOPMENT_SEEDS if options.development else FINAL_SEEDS
    cuts = [Cut(DATA, PROTOCOL, seed, options.development) for seed in seeds[: 1 if options.quick else None]]
    found = {
        label: {str(cut): measured(label, cut, options) for cut in cuts} for label in (*FLOORS, EASE, MODEL)
    }
    against = {floor: differences(found[MODEL], found[floor], "ndcg@10") for floor in FLOORS}
    return {
        "raw": plain(found),
        "against": against,
        "warm": differences(found[MODEL], found[EASE], "ndcg_warm@10"),
    }


def beaten(pairs: dict[str, list[float]]) -> bool | None:
    """Whether the lower bound is above 0 on each split; None where nothing was measured."""
    splits = [pair for cut, pair in pairs.items() if cut != TOGETHER]
    return all(low > 0 for _mean, low, _high in splits) if splits else None


def as_lines(found: dict[str, Any]) -> list[str]:
    """The table, the differences split by split, and the verdicts."""
    return [
        "A tenth of the items is held out whole and ranked among themselves (`ndcg@10`); `distinct`: different first "
        "tens among the judged users; `ndcg_warm@10`: the other test rows in the whole catalogue, no boost for being "
        "new; `cold_places@10`: the share of places there that held-out items take. Mean over splits ± Student's "
        "95 % interval.",
        "",
        *table(found["raw"], FIGURES, ()),
        "",
        "ndcg@10 of two_tower minus the floor's, paired over users, bootstrap 95 % interval, split by split:",
        "",
        *pair_table(found["against"]),
        "",
        *(
            f"- two_tower beats {floor} on every split{' (more than is asked)' if floor == BOTH else ''}: "
            f"{reached(beaten(pairs))}."
            for floor, pairs in found["against"].items()
        ),
        "- Lists of known items on the same splits, ndcg_warm@10 of two_tower minus EASE's:",
        "",
        *pair_table({"two_tower": found["warm"]}),
    ]
