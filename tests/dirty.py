"""A shop's order lines as nobody prepared them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def order_lines(n: int = 600) -> pd.DataFrame:
    """A shop's lines with everything that real ones have: returns, postage, missing customers, repeats."""
    rng = np.random.default_rng(4)
    item = rng.integers(0, 40, n)
    table = pd.DataFrame(
        {
            "Document": [str(70_000 + place // 4) for place in range(n)],
            "Customer": [f"{one:05d}" for one in rng.integers(0, 60, n)],
            "Product code": [f"{1000 + one}" for one in item],
            "Product name": [f"Thing number {one}" for one in item],
            "Units": rng.geometric(0.35, n),
            "When": pd.to_datetime(rng.integers(1_500_000_000, 1_560_000_000, n), unit="s").strftime(
                "%d.%m.%Y %H:%M"
            ),
        }
    )
    table.loc[:29, "Document"] = "C" + table.loc[:29, "Document"]
    table.loc[:29, "Units"] *= -1
    table.loc[30:39, "Product code"] = "POSTAGE"
    table.loc[40:59, "Customer"] = ""
    return table
