"""Large worlds as files: written chunk by chunk, atomically, as CSV or Parquet."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from recsys_core.columns import ITEM, TIME, USER, VALUE, Kind
from recsys_core.data.simulator.best import log_loss
from recsys_core.data.simulator.catalogue import items_table
from recsys_core.data.simulator.chunks import CAUSE, EXPECTED, chunks
from recsys_core.data.simulator.context import as_categories
from recsys_core.data.simulator.nature import draw_nature
from recsys_core.data.simulator.people import users_table
from recsys_core.data.simulator.spec import CAUSES, WorldSpec
from recsys_core.data.simulator.world import observed_columns
from recsys_core.errors import DataError, ParamError
from recsys_core.i18n import _

SUFFIXES = (".csv", ".parquet")
LIST_SEPARATOR = "|"
"""Between the values of a list in a cell, as importing reads it."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a world goes; each name ends in .csv or .parquet.

    Attributes:
        events: the table of events.
        users, items: attributes of those who have an event.
        truth: cause and expected value of each event, row by row beside `events`.
    """

    events: Path
    users: Path | None = None
    items: Path | None = None
    truth: Path | None = None

    def __post_init__(self) -> None:
        """Raises ParamError for a name that tells no format or that stands twice."""
        given = [path for path in (self.events, self.users, self.items, self.truth) if path is not None]
        for path in given:
            if path.suffix.lower() not in SUFFIXES or path.is_dir():
                raise ParamError(
                    what=_("it is no file whose name ends in .csv or .parquet"),
                    where=str(path),
                    remedy=_("give the name of a file with one of the two endings"),
                )
            if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
                raise DataError(
                    what=_("the folder is not there or not writable"),
                    where=str(path.parent),
                    remedy=_("make it, or write somewhere else"),
                )
        if len({path.resolve() for path in given}) != len(given):
            raise ParamError(
                what=_("two tables cannot go into one file"),
                where=str(self.events),
                remedy=_("give each table a file of its own"),
            )


@dataclass
class Written:
    """What was written.

    Attributes:
        best: figures of the truth itself over all rows: `rmse` and `mae`, or `log_loss` and `brier`.
        causes: number of events by cause.
    """

    rows: int = 0
    n_users: int = 0
    n_items: int = 0
    best: dict[str, float] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)


def write_world(spec: WorldSpec, targets: Targets, *, report: Callable[[int], None] | None = None) -> Written:
    """Draws the world of a spec into files, in bounded memory; until the last row is there, no file appears.

    Args:
        report: told the number of rows so far, after each chunk.
    """
    nature = draw_nature(spec)
    has_user, has_item = np.zeros(spec.n_users, dtype=bool), np.zeros(spec.n_items, dtype=bool)
    sums: dict[str, float] = {}
    causes = np.zeros(len(CAUSES), dtype=np.int64)
    done = Written()
    with _all_or_nothing(targets) as open_files:
        for chunk in chunks(spec, nature=nature, truth=True):
            open_files.write("events", _observed(chunk, spec.kind))
            open_files.write("truth", _hidden(chunk))
            has_user[chunk[USER].to_numpy() - 1] = True
            has_item[chunk[ITEM].to_numpy() - 1] = True
            causes += np.bincount(chunk[CAUSE], minlength=len(CAUSES))
            for name, loss in _losses(spec.kind, chunk).items():
                sums[name] = sums.get(name, 0.0) + loss
            done.rows += len(chunk)
            if report is not None:
                report(done.rows)
        if not done.rows:
            raise ParamError(
                what=_("no user has any event"),
                where="mean_events",
                remedy=_("ask for more events or more users"),
            )
        open_files.write("users", _whole_ids(users_table(nature.people, np.flatnonzero(has_user)), USER))
        items = _whole_ids(items_table(nature.catalogue, np.flatnonzero(has_item)), ITEM)
        open_files.write("items", items.assign(category=items["category"].str.join(LIST_SEPARATOR)))
    done.n_users, done.n_items = int(has_user.sum()), int(has_item.sum())
    done.best = {name: total / done.rows for name, total in sums.items()}
    if spec.kind is Kind.RATING:
        done.best = {"rmse": done.best["mse"] ** 0.5, "mae": done.best["mae"]}
    done.causes = dict(zip(CAUSES, causes.tolist(), strict=True))
    return done


def _observed(chunk: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """The columns of a data set; values as whole numbers, as they are."""
    return chunk[observed_columns(kind)].astype({VALUE: np.int8})


def _hidden(chunk: pd.DataFrame) -> pd.DataFrame:
    return chunk[[USER, ITEM, TIME, EXPECTED]].assign(
        **{CAUSE: as_categories(chunk[CAUSE].to_numpy(), CAUSES)}
    )


def _losses(kind: Kind, chunk: pd.DataFrame) -> dict[str, float]:
    values, expected = chunk[VALUE].to_numpy(np.float64), chunk[EXPECTED].to_numpy()
    if kind is Kind.IMPLICIT:
        return {}
    squared = float(((values - expected) ** 2).sum())
    if kind is Kind.RATING:
        return {"mse": squared, "mae": float(np.abs(values - expected).sum())}
    return {"log_loss": float(log_loss(values, expected).sum()), "brier": squared}


def _whole_ids(table: pd.DataFrame, key: str) -> pd.DataFrame:
    return table.assign(**{key: table[key].astype("int64")})


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


class _OpenFiles:
    """One temporary file a target beside its place, opened with the first table that comes."""

    def __init__(self, targets: Targets) -> None:
        mark = uuid.uuid4().hex[:8]
        names = {name: getattr(targets, name) for name in ("events", "users", "items", "truth")}
        self.places = {
            name: (path, path.with_name(f".{path.name}.{mark}.tmp"))
            for name, path in names.items()
            if path is not None
        }
        self._writers: dict[str, _Writer] = {}

    def write(self, name: str, table: pd.DataFrame) -> None:
        if name not in self.places:
            return
        path, temporary = self.places[name]
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        csv = path.suffix.lower() == ".csv"
        if csv:
            arrow = _plain_text(arrow)
        if name not in self._writers:
            kind = pyarrow.csv.CSVWriter if csv else pyarrow.parquet.ParquetWriter
            options = {"write_options": pyarrow.csv.WriteOptions(quoting_header="none")} if csv else {}
            self._writers[name] = kind(temporary, arrow.schema, **options)
        self._writers[name].write_table(arrow)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _plain_text(table: pa.Table) -> pa.Table:
    """Categories as text: CSV knows no others."""
    fields = [
        pa.field(one.name, pa.string() if pa.types.is_dictionary(one.type) else one.type)
        for one in table.schema
    ]
    return table.cast(pa.schema(fields))


@contextlib.contextmanager
def _all_or_nothing(targets: Targets) -> Iterator[_OpenFiles]:
    """Files that take their places at the end, when all of them are whole, or not at all."""
    files = _OpenFiles(targets)
    try:
        try:
            yield files
        finally:
            files.close()
        for path, temporary in files.places.values():
            os.replace(temporary, path)
    except OSError as problem:
        raise DataError(
            what=_("the files cannot be written ({problem})").format(problem=problem.strerror or problem),
            where=str(targets.events),
            remedy=_("make room, or write somewhere else"),
        ) from problem
    finally:
        for _path, temporary in files.places.values():
            temporary.unlink(missing_ok=True)
