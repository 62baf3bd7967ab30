"""Rating error on MovieLens 100K, five random folds: ours beside the best libraries, same folds, same judge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.contest import OURS, PEER, Entry, Options, run
from benchmarks.cuts import FOLD, FOLDS, Cut
from benchmarks.members import REFERENCES, WITH_NETWORKS, blends
from benchmarks.pairs import plain, rmse_difference, said
from benchmarks.tables import mean_of, reached, table

DATA = "movielens-100k"
NETWORKS = ("embedding_mlp", "mf", "rating_autoencoder")
TARGET, STRETCH = 0.895, 0.880
BEST_PEER = "myfm Bayesian SVD++"


def entries() -> list[Entry]:
    """Everyone who predicts a rating."""
    return [
        *(Entry(name, OURS, name) for name in ("bias", *NETWORKS)),
        *blends("ratings"),
        Entry(BEST_PEER, PEER, "myfm_svdpp"),
        Entry("myfm Bayesian FM", PEER, "myfm_fm", quick=False),
        Entry("Surprise SVD tuned", PEER, "surprise_svd", quick=False),
        Entry("Cornac MF", PEER, "cornac_mf", quick=False),
    ]


def ratings(options: Options) -> dict[str, Any]:
    """Everyone on the five folds of the first seed; our best network on two folds of the other seeds too."""
    first, *others = options.seeds
    folds = range(1 if options.quick else FOLDS)
    found = run(entries(), _cuts(first, folds, options), options, "rmse")
    best_network = [one for one in entries() if one.model == "mf"]
    few = [*folds][:2]
    again = {
        str(seed): plain(run(best_network, _cuts(seed, few, options), options, "rmse")) for seed in others
    }
    best = [label for label in NETWORKS if any(not cell.skipped for cell in found[label].values())]
    pairs = {f"{label} minus {BEST_PEER}": rmse_difference(found[label], found[BEST_PEER]) for label in best}
    if WITH_NETWORKS in found:
        for label, other in ((WITH_NETWORKS, REFERENCES), (WITH_NETWORKS, BEST_PEER)):
            pairs[f"{label} minus {other}"] = rmse_difference(found[label], found[other])
    return {"seed": first, "raw": plain(found), "again": again, "pairs": pairs}


def _cuts(seed: int, folds: Iterable[int], options: Options) -> list[Cut]:
    return [Cut(DATA, f"{FOLD}:{fold}", seed, options.development) for fold in folds]


def as_lines(found: dict[str, Any]) -> list[str]:
    """The table, the networks on further folds, the pairs and the verdicts."""
    raw = found["raw"]
    lines = [
        f"Five random folds of all rows, fold seed {found['seed']}; mean over folds ± Student's 95 % interval.",
        "",
        *table(raw, ("rmse", "mae")),
    ]
    for seed, networks in found["again"].items():
        shown = [f"{label} {mean_of(networks, label, 'rmse'):.4f}" for label in networks]
        lines += ["", f"Fold seed {seed}, first two folds, RMSE: {', '.join(shown)}."]
    lines += [
        "",
        "Differences of RMSE over all folds' rows, users drawn with replacement (below 0 is better):",
        "",
    ]
    lines += [f"- {name}: {said(pair, higher_is_better=False)}." for name, pair in found["pairs"].items()]
    measured = [value for label in NETWORKS if (value := mean_of(raw, label, "rmse")) > 0]
    best = min(measured, default=None)
    gain = found["pairs"].get(f"{WITH_NETWORKS} minus {REFERENCES}") or None
    lines.append(
        f"- One network at most {TARGET}: {reached(best is not None and best <= TARGET)}"
        f"{f' ({best:.4f}; stretch {STRETCH}: {reached(best <= STRETCH)})' if best else ''}."
    )
    lines.append(
        f"- Blend with networks better than blend of references alone: {reached(gain[2] < 0 if gain else None)}."
    )
    return lines
