"""Signs of a run without any illness, for tests that make it ill."""

from __future__ import annotations

from recsys_core.evaluation.signs import Signs

HEALTHY = Signs(
    k=10, n_lists=900, n_looked=900, n_items=1000, n_shown=300, level=0.0, alike=0.3, popular=0.3, train=0.8,
    ndcg=0.4, popular_ndcg=0.2, gap=0.2, low=0.18, high=0.22, rmse=float("nan"), bias_rmse=float("nan"),
)  # fmt: skip
