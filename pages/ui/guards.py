"""What a page needs of a data set beyond its being there; where it is missing the page says so and ends."""

from __future__ import annotations

from pages.ui import parts
from recsys_core.data.dataset import Dataset
from recsys_core.i18n import N_, _
from recsys_core.models import registry

NO_MODEL = N_("No model here learns from yes-or-no answers such as clicks yet. The data can be looked at.")


def can_be_learned(data: Dataset) -> bool:
    """Whether any model learns from data of this kind."""
    return bool(registry.models_for(data.kind))


def learnable(data: Dataset) -> None:
    """Ends the page, with what can be done instead, where no model learns from data of this kind."""
    if not can_be_learned(data):
        parts.empty(_(NO_MODEL), _("Look at the data"), "explore", icon=":material/travel_explore:")
