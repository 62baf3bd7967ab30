"""How much of the data a split holds out: one control for every page that asks for a split."""

from __future__ import annotations

from typing import Any

from recsys_core.data.splits import COUNTED, default_share
from recsys_core.i18n import _


def ask(place: Any, protocol: str, prefix: str, share_said: str) -> float:
    """The number of rows or the share, as the protocol counts; 0 where the box is empty.

    Args:
        prefix: of the control's key; `share_said` is the help of a share.
    """
    if protocol in COUNTED:
        label, said = (
            (_("Last rows held out"), _("So many of each user's newest rows only judge."))
            if protocol == "last"
            else (
                _("Rows known"),
                _("So many rows of a user that is held out are shown to the model when it is judged."),
            )
        )
        key = f"{prefix}_{protocol}"
        value: float = COUNTED[protocol][1]
        step: float = 1
    else:
        label, said = _("Share held out"), share_said
        value, step = default_share(protocol), 0.05
        key = f"{prefix}_share_items" if protocol == "cold-item" else f"{prefix}_share"
    asked = place.number_input(
        label,
        value=value,
        step=step,
        key=key,
        persist_state="session",
        disabled=protocol == "given",
        help=said,
    )
    return float(asked or 0)
