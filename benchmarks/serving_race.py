"""All users' top 10 over the whole catalogue, users a second: ours beside the fastest peer of the same run."""

from __future__ import annotations

from typing import Any

from benchmarks.contest import OURS, PEER, Entry, Options, run
from benchmarks.cuts import Cut, dataset
from benchmarks.lists import DATA, PROTOCOL
from benchmarks.pairs import plain
from benchmarks.tables import reached, table, values_of

TARGET = 2.0


def entries() -> list[Entry]:
    """Those whose lists are personal; peers rank by their own path, or by the plain one (dot, argpartition, sort)."""
    return [
        *(Entry(name, OURS, name) for name in ("ease", "ials", "history_encoder", "two_tower")),
        Entry("numpy EASE, argpartition", PEER, "numpy_ease"),
        Entry("numpy iALS, argpartition", PEER, "ials"),
        Entry("implicit ALS tuned", PEER, "implicit_als"),
    ]


def serving_race(options: Options) -> dict[str, Any]:
    """Everyone on one development cut: a race needs no test rows. Best of seven, one after the other."""
    timed = Options(True, options.fresh, options.quick, options.folder)
    cut = Cut(DATA, PROTOCOL, timed.seeds[0], development=True)
    found = plain(run(entries(), [cut], timed, "ndcg@10"))
    n_users = dataset(DATA).n_users
    speed = {
        label: round(n_users / float(values_of(cells, "top10_s").min()))
        for label, cells in found.items()
        if len(values_of(cells, "top10_s"))
    }
    return {"raw": found, "users_per_s": speed, "side": {one.label: one.side for one in entries()}}


def as_lines(found: dict[str, Any]) -> list[str]:
    """The table, users a second, and the ratio of the fastest of both sides."""
    speed, side = found["users_per_s"], found["side"]
    lines = [*table(found["raw"], (), ("top10_s",)), "", "| model | users a second |", "|---|---|"]
    lines += [f"| {label} | {value:,} |" for label, value in sorted(speed.items(), key=lambda one: -one[1])]
    best = {
        who: max((speed[label] for label in speed if side[label] == who), default=0) for who in (OURS, PEER)
    }
    ratio = best[OURS] / best[PEER] if best[PEER] else None
    said = f"{ratio:.2f} times" if ratio else "nothing to compare with"
    met = reached(None if ratio is None else ratio >= TARGET)
    return [*lines, "", f"- Our fastest against the fastest peer: {said} (target {TARGET:g}): {met}."]
