"""Top 10 of the whole catalogue on MovieLens 100K, 20 % of each user held out: ours beside the best libraries."""

from __future__ import annotations

from typing import Any

from benchmarks.contest import OURS, PEER, Entry, Options, run
from benchmarks.cuts import Cut
from benchmarks.members import REFERENCES, WITH_NETWORKS, blends
from benchmarks.pairs import TOGETHER, differences, plain, said
from benchmarks.tables import at_least, mean_of, reached, table

DATA, PROTOCOL = "movielens-100k", "user-random:0.2"
REFERENCE = "ease"
NETWORKS = ("history_encoder", "autoencoder", "two_tower")
FIGURES = ("ndcg@10", "ndcg_liked@10", "recall@10", "coverage@10")
MARGIN, BLEND_TARGET = -0.008, 0.460


def entries() -> list[Entry]:
    """Everyone who makes lists."""
    return [
        *(Entry(name, OURS, name) for name in ("popularity", "item_knn", REFERENCE, "ials", *NETWORKS)),
        *blends("lists"),
        Entry("EASE (Cornac)", PEER, "cornac_ease"),
        Entry("SLIM (scikit-learn)", PEER, "slim", quick=False),
        Entry("iALS tuned (numpy)", PEER, "ials", quick=False),
        Entry("implicit ALS tuned", PEER, "implicit_als"),
        Entry("implicit BPR", PEER, "implicit_bpr", quick=False),
    ]


def lists(options: Options) -> dict[str, Any]:
    """Everyone on three splits, and each of ours against EASE."""
    cuts = [Cut(DATA, PROTOCOL, seed, options.development) for seed in options.seeds]
    found = run(entries(), cuts, options, "ndcg@10")
    against = {
        name: {
            label: differences(found[label], found[REFERENCE], name)
            for label in (*NETWORKS, "ials", REFERENCES, WITH_NETWORKS)
            if label in found
        }
        for name in ("ndcg@10", "ndcg_liked@10")
    }
    gain = {}
    if WITH_NETWORKS in found:
        gain = differences(found[WITH_NETWORKS], found[REFERENCES], "ndcg@10")
    return {"raw": plain(found), "against": against, "gain": gain}


def non_inferior(pairs: dict[str, list[float]]) -> bool | None:
    """Whether the lower bound is above the margin on each split; None where nothing was measured."""
    splits = [pair for cut, pair in pairs.items() if cut != TOGETHER]
    return all(low > MARGIN for _mean, low, _high in splits) if splits else None


def as_lines(found: dict[str, Any]) -> list[str]:
    """The table, the differences to EASE split by split, and the verdicts."""
    raw = found["raw"]
    lines = [
        "Mean over splits ± Student's 95 % interval.",
        "",
        *table(raw, FIGURES, ("fit_s", "top10_s", "peak_mb")),
    ]
    for name, pairs in found["against"].items():
        lines += ["", f"{name} minus EASE, paired over users, bootstrap 95 % interval, split by split:", ""]
        lines += pair_table({label: pair for label, pair in pairs.items() if pair})
    lines += ["", *(_verdict(found, label) for label in NETWORKS)]
    blend = mean_of(raw, WITH_NETWORKS, "ndcg@10")
    lines.append(f"- Blend with networks at least {BLEND_TARGET:.3f}: {at_least(blend, BLEND_TARGET)}.")
    gain = found["gain"].get(TOGETHER)
    lines.append(f"- Blend with networks minus blend of references: {said(gain)}.")
    return lines


def pair_table(pairs: dict[str, dict[str, list[float]]]) -> list[str]:
    """One line a model, one column a split."""
    cuts = list(dict.fromkeys(cut for pair in pairs.values() for cut in pair))
    if not cuts:
        return ["Not measured."]
    heads = [cut.split(".")[-2 if cut.endswith(".dev") else -1] for cut in cuts]
    lines = [f"| model | {' | '.join(heads)} |", "|" + "---|" * (len(cuts) + 1)]
    for label, pair in pairs.items():
        lines.append(f"| {label} | {' | '.join(said(pair.get(cut)) for cut in cuts)} |")
    return lines


def _verdict(found: dict[str, Any], label: str) -> str:
    fair = non_inferior(found["against"]["ndcg@10"].get(label, {}))
    if fair is None:
        return f"- {label}: not measured."
    wider = mean_of(found["raw"], label, "coverage@10") > mean_of(found["raw"], REFERENCE, "coverage@10")
    liked = found["against"]["ndcg_liked@10"].get(label, {}).get(TOGETHER)
    return (
        f"- {label} not inferior to EASE on each split (lower bound above {MARGIN}): {reached(fair)}; "
        f"{'covers more' if wider else 'covers less'} of the catalogue; NDCG@10 of liked items {said(liked)}."
    )
