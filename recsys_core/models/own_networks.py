"""What the network of a model of one's own is derived from: write `build`, and what surrounds it comes from here.

That is examples and batches, compiled steps, the choice of epochs on validation rows, the final fit, checkpoints,
cancelling, export and serving: as for the app's own networks. `docs/own-network.md` shows it with an example.
"""

from __future__ import annotations

from recsys_core.models.own_base import OwnNetwork, Sizes, Tensor
from recsys_core.models.own_checks import blamed
from recsys_core.models.own_list import OwnList
from recsys_core.models.own_pairs import OwnPair, OwnRating

__all__ = ["OwnList", "OwnNetwork", "OwnPair", "OwnRating", "Sizes", "Tensor", "blamed"]
