"""The same defaults on a shop's invoices: every network against popularity, on Online Retail II."""

from __future__ import annotations

from typing import Any

from benchmarks.contest import OURS, Entry, Options, run
from benchmarks.cuts import Cut
from benchmarks.pairs import TOGETHER, differences, plain, said
from benchmarks.shop import SHOP, shop_file
from benchmarks.tables import reached, table
from recsys_core.columns import Kind
from recsys_core.models.registry import MODELS

PROTOCOL = "user-random:0.2"
FLOOR = "popularity"


def entries() -> list[Entry]:
    """Popularity, EASE, and every network that learns from what was chosen."""
    networks = [one.name for one in MODELS if one.network and Kind.IMPLICIT in one.kinds]
    quick = (FLOOR, "history_encoder")  # each of the others takes a minute or more
    return [Entry(name, OURS, name, quick=name in quick) for name in (FLOOR, "ease", *networks)]


def retail(options: Options) -> dict[str, Any]:
    """Everyone on the splits, and the difference to popularity; nothing where the shop's file is absent."""
    if shop_file() is None:
        return {"absent": "online-retail.parquet is not on this machine: not measured"}
    seeds = options.seeds[:1]
    cuts = [Cut(SHOP, PROTOCOL, seed, options.development) for seed in seeds]
    found = run(entries(), cuts, options, "ndcg@10")
    against = {
        label: differences(cells, found[FLOOR], "ndcg@10") for label, cells in found.items() if label != FLOOR
    }
    return {"raw": plain(found), "against": against}


def as_lines(found: dict[str, Any]) -> list[str]:
    """The table, and whether each beats popularity."""
    if "absent" in found:
        return [found["absent"] + "."]
    lines = [
        "Online Retail II, 2009 to 2010, cleaned by the recipe that is proposed; the settings are the defaults.",
        "",
        *table(found["raw"], ("ndcg@10", "recall@10", "coverage@10")),
        "",
    ]
    for label, pairs in found["against"].items():
        splits = [pair for cut, pair in pairs.items() if cut != TOGETHER]
        better = all(low > 0 for _mean, low, _high in splits) if splits else None
        lines.append(
            f"- {label} minus popularity: {said(pairs.get(TOGETHER))}; on each split: {reached(better)}."
        )
    return lines
