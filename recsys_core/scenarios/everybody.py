"""Everybody's list as one Parquet file, written block by block: there whole, or not at all."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys_core.columns import ITEM, USER
from recsys_core.errors import Cancelled
from recsys_core.evaluation.meanings import duration
from recsys_core.i18n import _
from recsys_core.ranking.rerank import AS_RANKED, Setting
from recsys_core.ranking.top_k import blocks_of, check_k, top_k
from recsys_core.scenarios.lists import Serving, pool_width, reranked
from recsys_core.types import IntArray, Report, ShouldStop, never_stop, no_report

GROUP_ROWS = 200_000
"""So many rows are gathered before they are written."""
SCHEMA = pa.schema([(USER, pa.string()), (ITEM, pa.string()), ("score", pa.float64()), ("rank", pa.int32())])


def write_lists(
    serving: Serving,
    path: Path,
    *,
    k: int = 10,
    rerank: Setting = AS_RANKED,
    report: Report = no_report,
    should_stop: ShouldStop = never_stop,
) -> int:
    """Writes user_id, item_id, score, rank (1..k) of everybody; how many rows.

    Args:
        report: told {"done", "of", "seconds_left"}, in users, after each block.
        should_stop: asked after each block.
    Raises:
        Cancelled: it was stopped; nothing is left of it.
    """
    check_k(k, serving.data.n_items)
    n_users, started, n_rows = serving.data.n_users, time.monotonic(), 0
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with pq.ParquetWriter(temporary, SCHEMA) as writer:
            gathered: list[pa.Table] = []
            done = 0
            for users in blocks_of(np.arange(n_users), serving.data.n_items):
                gathered.append(_lists(serving, users, k, rerank))
                done += len(users)
                if sum(map(len, gathered)) >= GROUP_ROWS or done == n_users:
                    table = pa.concat_tables(gathered)
                    writer.write_table(table)
                    n_rows, gathered = n_rows + len(table), []
                seconds = time.monotonic() - started
                report({"done": done, "of": n_users, "seconds_left": seconds / done * (n_users - done)})
                if should_stop():
                    raise Cancelled(what=_("it was stopped"), where=path.name)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return n_rows


def _lists(serving: Serving, users: IntArray, k: int, rerank: Setting) -> pa.Table:
    """The rows of one block of users."""
    seen = serving.seen[users]
    width = pool_width(serving, k, rerank)
    pool = top_k(serving.ask(users), width, seen=seen, seed=serving.split.spec.seed)
    lists = reranked(serving, pool, seen, rerank, k)
    owner, place = np.nonzero(lists.items >= 0)
    return pa.table(
        [
            pa.array(serving.data.user_vocabulary.ids(users[owner]), pa.string()),
            pa.array(serving.data.item_vocabulary.ids(lists.items[owner, place]), pa.string()),
            pa.array(lists.scores[owner, place], pa.float64()),
            pa.array((place + 1).astype(np.int32)),
        ],
        schema=SCHEMA,
    )


def progress(event: dict[str, Any], users: str) -> tuple[float, str]:
    """How far it is, from 0 to 1, and in words: `1,200 of 20,000 users · 12 s left`."""
    text = _("{done:,} of {of:,} {users} · {left} left").format(
        done=event["done"], of=event["of"], users=users, left=duration(event["seconds_left"])
    )
    return event["done"] / event["of"], text


def at_most_every(seconds: float, report: Report, clock: Callable[[], float] = time.monotonic) -> Report:
    """A report that passes one event on in so many seconds, the first when they have passed once."""
    last = [clock()]

    def passed_on(event: dict[str, Any]) -> None:
        if clock() - last[0] >= seconds:
            last[0] = clock()
            report(event)

    return passed_on
