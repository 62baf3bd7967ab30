"""What a run learned of others: how far a blend trusts its members, how far a newcomer model trusts itself."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import state
from recsys_core.errors import RecsysError
from recsys_core.i18n import _
from recsys_core.runs import Run, open_run


def weights(events: list[dict[str, Any]]) -> None:
    """How far a blend trusts each of its members; nothing for any other run."""
    found = next((event["weights"] for event in reversed(events) if event["type"] == "weights"), None)
    if not found:
        return
    total = sum(abs(weight) for weight in found.values()) or 1.0
    table = pd.DataFrame(
        {
            "member": [state.run_label(run) if (run := _run_or_none(name)) else name for name in found],
            "trust": [weight / total for weight in found.values()],
        }
    ).sort_values("trust", ascending=False)
    st.dataframe(
        table,
        hide_index=True,
        key="train_weights",
        column_config={
            "member": st.column_config.TextColumn(_("Member")),
            "trust": st.column_config.ProgressColumn(
                _("Share of the weight"),
                format="percent",
                min_value=0.0,
                max_value=1.0,
                help=_("Learned on validation rows that none of the members has learned from."),
            ),
        },
    )


def trust(events: list[dict[str, Any]]) -> None:
    """How far a model for newcomers trusts itself, by what is known of them; nothing for any other run."""
    found = next((event for event in reversed(events) if event["type"] == "trust"), None)
    if not found:
        return
    table = pd.DataFrame({name: found[name] for name in ("known", "weights", "gains", "errors")})
    st.dataframe(
        table,
        hide_index=True,
        key="train_trust",
        column_config={
            "known": st.column_config.NumberColumn(_("Known choices")),
            "weights": st.column_config.ProgressColumn(
                _("The model's share"),
                format="percent",
                min_value=0.0,
                max_value=1.0,
                help=_(
                    "The rest is popularity's. Learned from {n} people that were held out once more."
                ).format(n=found["n_users"]),
            ),
            "gains": st.column_config.NumberColumn(
                _("Gain over popularity"),
                format="%+.3f",
                help=_("NDCG@10 of the mixture minus popularity's."),
            ),
            "errors": st.column_config.NumberColumn(
                _("Its standard error"),
                format="%.3f",
                help=_("Over those people; the share with the largest gain less one of these is chosen."),
            ),
        },
    )


def _run_or_none(name: str) -> Run | None:
    try:
        return open_run(name)
    except RecsysError:
        return None
