"""Which parameter to turn, and to what: concrete values out of the ranges that the parameters allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys_core.i18n import N_, _
from recsys_core.params import ParamSpec

TIMES_EPOCHS, TIMES_RATE, TIMES_SIZE = 2.0, 3.0, 2.0
SHORTER = 10.0
"""A rate that diverged is too high by an order of magnitude rather than by a little."""
MORE_DROPOUT, MOST_DROPOUT = 0.2, 0.8
PULLS = ("l2", "weight_decay")
FIRST_PULL = 0.01
FEWEST_EPOCHS = 10


@dataclass(frozen=True, slots=True)
class Dial:
    """A parameter to turn.

    Attributes:
        name: the parameter; title: what the page calls it.
        value: what to set it to, inside its range; was: how it stood.
        words: the advice, with {title} and {value} to be filled in.
    """

    name: str
    title: str
    value: float | int
    was: float | int
    words: str

    def __str__(self) -> str:
        """The advice as a sentence."""
        return _(self.words).format(title=_(self.title), value=_short(self.value), was=_short(self.was))


def to_learn_longer(
    specs: Sequence[ParamSpec], settings: Mapping[str, Any], *, most: int, best: int | None = None
) -> Dial | None:
    """More epochs, or bigger steps where no more epochs are allowed; None where the model has neither.

    Where early stopping ended it, neither helps: then it is more patience.

    Args:
        most: how many epochs it really made.
        best: the best of them; by default the last.
    """
    patience = int(settings.get("patience", 0))
    if patience and most < settings.get("epochs", 0) and most - (best or most) >= patience:
        words = N_("Turn {title} up to {value} (it was {was}).")
        return _turned(specs, settings, "patience", TIMES_EPOCHS * patience, words)
    longer = max(FEWEST_EPOCHS, round(TIMES_EPOCHS * most))
    return _turned(
        specs, settings, "epochs", longer, N_("Turn {title} up to {value} (it was {was}).")
    ) or _turned(
        specs,
        settings,
        "learning_rate",
        TIMES_RATE * float(settings.get("learning_rate", 0.0)),
        N_("Turn {title} up to {value} (it was {was})."),
    )


def to_step_shorter(specs: Sequence[ParamSpec], settings: Mapping[str, Any]) -> Dial | None:
    """A smaller learning rate; None where the model has none, or where it is at its end."""
    rate = float(settings.get("learning_rate", 0.0)) / SHORTER
    return _turned(specs, settings, "learning_rate", rate, N_("Turn {title} down to {value} (it was {was})."))


def to_hold_back(specs: Sequence[ParamSpec], settings: Mapping[str, Any]) -> Dial | None:
    """More dropout; where there is much already a pull towards zero; else a smaller network."""
    dropout = float(settings.get("dropout", MOST_DROPOUT))
    if dropout < MOST_DROPOUT:
        wanted = min(MOST_DROPOUT, round(dropout + MORE_DROPOUT, 2))
        found = _turned(specs, settings, "dropout", wanted, N_("Turn {title} up to {value} (it was {was})."))
        if found:
            return found
    for name in PULLS:
        wanted = max(FIRST_PULL, TIMES_RATE * float(settings.get(name, 0.0)))
        found = _turned(specs, settings, name, wanted, N_("Turn {title} up to {value} (it was {was})."))
        if found:
            return found
    for name in ("embedding_size", "hidden_units"):
        smaller = int(float(settings.get(name, 0)) / TIMES_SIZE)
        found = _turned(specs, settings, name, smaller, N_("Turn {title} down to {value} (it was {was})."))
        if found:
            return found
    return None


def to_go_on(specs: Sequence[ParamSpec], settings: Mapping[str, Any]) -> Dial | None:
    """Where learning has come to its end, a larger network may hold more; None where it cannot grow."""
    for name in ("embedding_size", "hidden_units"):
        larger = round(TIMES_SIZE * float(settings.get(name, 0)))
        words = N_("To look for more, try {title} {value} (it was {was}).")
        found = _turned(specs, settings, name, larger, words)
        if found:
            return found
    return None


def _turned(
    specs: Sequence[ParamSpec], settings: Mapping[str, Any], name: str, wanted: float, words: str
) -> Dial | None:
    """The dial at the wanted value, or at the end of its range; None where that changes nothing."""
    spec = next((one for one in specs if one.name == name), None)
    if spec is None or name not in settings or spec.kind not in ("int", "float"):
        return None
    inside = min(max(wanted, spec.low), spec.high)
    value = int(inside) if spec.kind == "int" else float(f"{inside:.2g}")
    moved = (value - float(settings[name])) * (wanted - float(settings[name]))
    return Dial(name, spec.title, value, settings[name], words) if moved > 0 else None


def _short(value: float) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value:,}"
