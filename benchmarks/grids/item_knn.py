"""What was tried for `item_knn`: MovieLens 100K, `user-random`, seeds 42 and 43, the outer test rows thrown away.

NDCG@10, standard error .0042.
"""

from __future__ import annotations

from typing import Any

BASE: dict[str, Any] = {"neighbours": 200, "shrinkage": 10.0, "asymmetry": 0.6}
GRID: list[dict[str, Any]] = [
    BASE,  # .2523
    BASE | {"asymmetry": 0.7},  # .2536
    BASE | {"neighbours": 400},  # .2497
    BASE | {"neighbours": 400, "asymmetry": 0.7, "shrinkage": 20.0},  # .2482
    BASE | {"neighbours": 100, "asymmetry": 0.7, "shrinkage": 50.0},  # .2512
    BASE | {"neighbours": 200, "asymmetry": 0.5},  # .2494
    BASE | {"neighbours": 100, "asymmetry": 0.5},  # .2463
    BASE | {"neighbours": 50, "asymmetry": 0.5},  # .2361
    BASE | {"neighbours": 20, "asymmetry": 0.5},  # .2209
]
CHOSEN: dict[str, Any] = BASE
