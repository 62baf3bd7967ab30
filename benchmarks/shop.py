"""Online Retail II, imported from its raw Parquet file as a person would: the recipe that is proposed, untouched."""

from __future__ import annotations

import os
from pathlib import Path

from recsys_core.data.cleaning import clean_events
from recsys_core.data.dataset import Dataset
from recsys_core.data.importing import Tables, assemble, convert
from recsys_core.data.proposing import propose_recipe
from recsys_core.data.store import is_kept, keep_dataset, open_dataset
from recsys_core.data.tables import read_table

SHOP = "retail-file"
ROOT = Path(__file__).resolve().parent.parent


def shop_file() -> Path | None:
    """Where the raw file lies: RECSYS_SHARED_DATA, or `shared/data` beside the checkout; None where it is absent."""
    path = (
        Path(os.environ.get("RECSYS_SHARED_DATA") or ROOT.parent / "shared" / "data")
        / "online-retail.parquet"
    )
    return path if path.is_file() else None


def shop() -> Dataset:
    """The shop, kept in the workspace once it is imported; raises FileNotFoundError without its file."""
    if is_kept(SHOP):
        return open_dataset(SHOP)
    path = shop_file()
    if path is None:
        raise FileNotFoundError("online-retail.parquet is not on this machine")
    table = read_table(path, name=path.name, max_mb=None)
    recipe = propose_recipe(table).recipe
    events = convert(table, recipe)
    made = assemble(SHOP, Tables(table), recipe, events, clean_events(events, recipe.steps))
    return keep_dataset(made.dataset, actor="benchmark", dropped=made.dropped)
