"""How good the networks are on MovieLens 100K, seed by seed, beside the floors, on one split."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.registry import model_class

SEEDS = (0, 1, 2, 3, 4)
FLOORS = ("random", "popularity", "bias", "ease")
FIGURES = ("ndcg@10", "recall@10", "coverage@10", "top_item_share@10", "rmse")


def measure(model: str, split: Split, seed: int) -> dict[str, float]:
    """The figures of one training, from the form that is served."""
    fitted = model_class(model)({}).fit(split, seed=seed)
    found = evaluate(fitted.scorer, split, k=10).metrics
    return {name: round(found[name], 6) for name in FIGURES if name in found}


def quality() -> dict[str, Any]:
    """Every floor once, every network with five seeds, and the first seed a second time."""
    split = make_split(fetch_source("movielens-100k", actor="benchmark"), SplitSpec())
    networks = ("embedding_mlp", "history_encoder")
    return {
        "split": f"{split.spec} seed {split.spec.seed}",
        "floors": {model: measure(model, split, 0) for model in FLOORS},
        "networks": {model: [measure(model, split, seed) for seed in SEEDS] for model in networks},
        "again": {model: measure(model, split, SEEDS[0]) for model in networks},
    }


def as_lines(found: dict[str, Any]) -> list[str]:
    """The quality table in Markdown."""
    lines = [
        f"Split {found['split']}; test rows are never learned from.",
        "",
        "| model | seeds | NDCG@10 | coverage@10 | top item's share | RMSE |",
        "|---|---|---|---|---|---|",
    ]
    for model, floor in found["floors"].items():
        lines.append(_line(model, [floor]))
    for model, runs in found["networks"].items():
        lines.append(_line(model, runs))
    mlp = [run["rmse"] for run in found["networks"]["embedding_mlp"]]
    encoder = [run["ndcg@10"] for run in found["networks"]["history_encoder"]]
    share = max(run["top_item_share@10"] for run in found["networks"]["history_encoder"])
    same = all(found["again"][model] == runs[0] for model, runs in found["networks"].items())
    return [
        *lines,
        "",
        f"- `embedding_mlp`: mean RMSE {np.mean(mlp):.4f} over five seeds, {min(mlp):.4f} to {max(mlp):.4f} "
        f"(target at most .95): {_said(np.mean(mlp) <= 0.95)}.",
        f"- `history_encoder`: mean NDCG@10 {np.mean(encoder):.4f}, {min(encoder):.4f} to {max(encoder):.4f} "
        f"(target at least .42): {_said(min(encoder) >= 0.42)}; no item in more than {share:.1%} of the lists "
        f"(target at most 60 %): {_said(share <= 0.6)}.",
        f"- The same seed a second time gives the same figures: {_said(same)}.",
    ]


def _line(model: str, runs: list[dict[str, float]]) -> str:
    cells = [model, str(len(runs))]
    for name in ("ndcg@10", "coverage@10", "top_item_share@10", "rmse"):
        values = [run[name] for run in runs if name in run]
        spread = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
        cells.append(f"{np.mean(values):.4f}{spread}" if values else "–")
    return f"| {' | '.join(cells)} |"


def _said(holds: bool | np.bool_) -> str:
    return "reached" if holds else "**missed**"
