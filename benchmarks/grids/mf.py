"""Settings of `mf` that were tried, by RMSE on development cuts.

Development figures (two folds, seeds 42 and 43, the fold's test rows thrown away, 20 % of the rest judged; a trial
network of the same formula): with a user's own vector .8859 / .8941; without .8859 / .8957; three members .8834 / .8933;
both .8840 / .8912; embedding size 32 .8875 / .8933 at four times the seconds; history L2 .2 .8885 / .8963; only the
residual-valued history .8979 / .9070; no dropout of histories about .01 worse.
"""

from __future__ import annotations

from typing import Any

CHOSEN: dict[str, Any] = {}
GRID: list[dict[str, Any]] = [
    CHOSEN,
    {"members": 1, "batch_size": 2048, "learning_rate": 2e-3},
    {"members": 1, "batch_size": 2048, "learning_rate": 2e-3, "embedding_size": 32},
    {"members": 5},
    {"dropout": 0.3},
    {"dropout": 0.7},
    {"l2_history": 0.2},
    {"l2_history": 0.07},
    {"l2": 0.08},
    {"l2_attributes": 0.02},
]
