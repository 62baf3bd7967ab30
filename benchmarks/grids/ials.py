"""What was tried for `ials`: MovieLens 100K, `user-random`, seeds 42 and 43, the outer test rows thrown away.

NDCG@10, standard error .0042, one model seed; EASE there .2703. The first screening, same splits: embedding 32 .2670,
64 .2678, 128 .2736 (unobserved .1, L2 .02); L2 .01 .2396, .04 .2597. Twelve epochs throughout.
"""

from __future__ import annotations

from typing import Any

GRID: list[dict[str, Any]] = [
    {"unobserved_weight": 0.1, "l2": 0.02},  # .2678
    {"unobserved_weight": 0.2, "l2": 0.02},  # .2796
    {"unobserved_weight": 0.3, "l2": 0.02},  # .2740
    {"unobserved_weight": 0.5, "l2": 0.02},  # .2567
    {"unobserved_weight": 0.3, "l2": 0.03},  # .2515
    {"unobserved_weight": 0.3, "l2": 0.01},  # .2597
    {"unobserved_weight": 0.5, "l2": 0.01},  # .2704
    {"unobserved_weight": 1.0, "l2": 0.01},  # .2676
    {"unobserved_weight": 0.5, "l2": 0.03},  # .2352
]
CHOSEN: dict[str, Any] = {"unobserved_weight": 0.2, "l2": 0.02}
