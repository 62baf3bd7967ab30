"""The next item on MovieLens 100K, each user's last row held out, whole catalogue: ours beside plain references."""

from __future__ import annotations

from typing import Any

from benchmarks.contest import OURS, PEER, Entry, Options, run
from benchmarks.cuts import Cut
from benchmarks.lists import DATA, MARGIN, non_inferior, pair_table
from benchmarks.members import REFERENCES, WITH_NETWORKS, blends
from benchmarks.pairs import TOGETHER, differences, plain, said
from benchmarks.tables import at_least, mean_of, reached, table

PROTOCOL = "last:1"
REFERENCE, OTHER_MARKOV = "markov", "Markov (numpy)"
NETWORKS = ("sequence", "history_encoder")
FIGURES = ("ndcg@10", "ndcg_liked@10", "hr@10", "coverage@10")
BLEND_TARGET = 0.125


def entries() -> list[Entry]:
    """Everyone who may know the next item; the libraries' sequence networks need PyTorch and are left out."""
    return [
        *(Entry(name, OURS, name) for name in ("popularity", REFERENCE)),
        Entry("ease with recency", OURS, "ease", {"recency": 5, "l2": 300}),
        *(Entry(name, OURS, name) for name in NETWORKS),
        *blends("next_item"),
        Entry(OTHER_MARKOV, PEER, "markov"),
        Entry("EASE with recency (numpy)", PEER, "recency_ease"),
    ]


def next_item(options: Options) -> dict[str, Any]:
    """Everyone on three splits (ties at the end of a history are drawn anew), and each of ours against Markov."""
    cuts = [Cut(DATA, PROTOCOL, seed, options.development) for seed in options.seeds]
    found = run(entries(), cuts, options, "ndcg@10")
    ours = [label for label in (*NETWORKS, REFERENCES, WITH_NETWORKS) if label in found]
    against = {
        name: {label: differences(found[label], found[name], "ndcg@10") for label in ours}
        for name in (REFERENCE, OTHER_MARKOV)
    }
    gain = {}
    if WITH_NETWORKS in found:
        gain = differences(found[WITH_NETWORKS], found[REFERENCES], "ndcg@10")
    return {"raw": plain(found), "against": against, "gain": gain}


def as_lines(found: dict[str, Any]) -> list[str]:
    """The table, the differences to both Markov models, and the verdicts."""
    raw = found["raw"]
    lines = ["Mean over splits ± Student's 95 % interval.", "", *table(raw, FIGURES)]
    for name, pairs in found["against"].items():
        lines += [
            "",
            f"NDCG@10 minus {name}, paired over users, bootstrap 95 % interval, split by split:",
            "",
        ]
        lines += pair_table({label: pair for label, pair in pairs.items() if pair})
    lines.append("")
    for name, pairs in found["against"].items():
        for label in NETWORKS:
            verdict = reached(non_inferior(pairs.get(label, {})))
            lines.append(
                f"- {label} not inferior to {name} on each split (lower bound above {MARGIN}): {verdict}."
            )
    blend = mean_of(raw, WITH_NETWORKS, "ndcg@10")
    lines.append(f"- Blend with networks at least {BLEND_TARGET}: {at_least(blend, BLEND_TARGET)}.")
    lines.append(f"- Blend with networks minus blend of references: {said(found['gain'].get(TOGETHER))}.")
    return lines
