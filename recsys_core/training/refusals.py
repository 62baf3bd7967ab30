"""What is refused before a run is made: data that a model cannot learn from, a split that cannot be made or judged."""

from __future__ import annotations

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import NotSupported
from recsys_core.i18n import _
from recsys_core.models import registry

MOST_MADE = 200
_MADE: set[tuple[str, str, int]] = set()


def check_data(data: Dataset, model: str) -> None:
    """Refuses data of another kind, without times, or with more items than the model can hold; raises NotSupported."""
    if data.kind not in registry.kinds_of(model):
        usable = ", ".join(one.name for one in registry.models_for(data.kind))
        raise NotSupported(
            what=_("{model} does not learn from {kind} data").format(model=model, kind=data.kind.value),
            where=_("data set {name}").format(name=data.name),
            remedy=_("use one of: {usable}").format(usable=usable)
            if usable
            else _("no model learns from such data yet; they can be looked at on the page Explore"),
        )
    asked = registry.spec(model)
    if asked.needs_time and not data.has_time:
        raise NotSupported(
            what=_("{model} learns from the order of events, and these have no time").format(model=model),
            where=_("data set {name}").format(name=data.name),
            remedy=_("import the file again with a column of times, or choose another model"),
        )
    if asked.most_items and data.n_items > asked.most_items:
        usable = ", ".join(one.name for one in registry.models_for(data.kind) if not one.most_items)
        raise NotSupported(
            what=_("{model} learns a table of items x items, and {n:,} items are too many for it").format(
                model=model, n=data.n_items
            ),
            where=_("data set {name}").format(name=data.name),
            remedy=_("use a catalogue of at most {most:,} items, or one of: {usable}").format(
                most=asked.most_items, usable=usable
            ),
        )


def check_strangers(model: str, split: SplitSpec) -> None:
    """Refuses a model that could not be judged on users, or items, that it never saw."""
    asked = registry.spec(model)
    usable = registry.usable_for(split.protocol)
    if asked not in usable:
        raise NotSupported(
            what=_("{model} cannot serve whom the split {split} holds out").format(model=model, split=split),
            where="--split",
            remedy=_("use one of: {usable}").format(usable=", ".join(one.name for one in usable)),
        )


def check_split(data: Dataset, split: SplitSpec) -> None:
    """Refuses a split that cannot be made; one that was made before in this process is not made again."""
    known = (data.fingerprint, str(split), split.seed)
    if known not in _MADE:
        make_split(data, split)
        if len(_MADE) >= MOST_MADE:
            _MADE.clear()
        _MADE.add(known)
