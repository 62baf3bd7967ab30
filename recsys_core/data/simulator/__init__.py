"""The simulator: worlds whose truth is known. Models, serving, training and evaluation never import it."""

from recsys_core.data.simulator.best import Best, best_reachable
from recsys_core.data.simulator.chunks import chunks
from recsys_core.data.simulator.kept import keep_world, open_world
from recsys_core.data.simulator.spec import CAUSES, WorldSpec, shares_of
from recsys_core.data.simulator.world import TERMS, WHAT, World, simulate, simulate_spec
from recsys_core.data.simulator.write import Targets, Written, write_world

__all__ = [
    "CAUSES",
    "TERMS",
    "WHAT",
    "Best",
    "Targets",
    "World",
    "WorldSpec",
    "Written",
    "best_reachable",
    "chunks",
    "keep_world",
    "open_world",
    "shares_of",
    "simulate",
    "simulate_spec",
    "write_world",
]
