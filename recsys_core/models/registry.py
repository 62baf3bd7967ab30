"""Every model by name: the app's table, and models of one's own from installed packages. Loads no TensorFlow."""

from __future__ import annotations

from importlib import import_module

from recsys_core.columns import PART, Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import COLD_USERS, NEEDS_TIME, PROTOCOLS
from recsys_core.errors import NotFound, NotSupported
from recsys_core.i18n import _
from recsys_core.models.base import Recommender
from recsys_core.models.own import GROUP, NAME
from recsys_core.models.own_found import LeftOut, own_class, own_models
from recsys_core.models.table import DEFAULT_MODEL as DEFAULT_MODEL  # noqa: PLC0414
from recsys_core.models.table import IMPORTED as IMPORTED  # noqa: PLC0414
from recsys_core.models.table import MADE_ELSEWHERE, MODELS, ModelSpec
from recsys_core.params import ParamSpec


def known() -> tuple[ModelSpec, ...]:
    """Every model that can be trained here: the app's own first, then those of installed packages."""
    return (*MODELS, *(one.spec for one in own_models().models))


def left_out() -> tuple[LeftOut, ...]:
    """Models of installed packages that cannot be used, each with the reason."""
    return own_models().left_out


def title_of(one: ModelSpec) -> str:
    """What a person reads where a model is chosen: the title, marked where the model is one's own."""
    return _("{title} (your own)").format(title=_(one.title)) if one.package else _(one.title)


def spec(name: str) -> ModelSpec:
    """The line of that name, for whoever shows a run: one whose model is not here any more gets a line that says so."""
    for one in (*MODELS, *MADE_ELSEWHERE):
        if one.name == name:
            return one
    own = own_models().find(name)
    if own is not None:
        return own.spec
    title = name if NAME.fullmatch(name) else _("a model without a proper name")
    what = _("Learned by a model that is not installed here: it still serves, and cannot be trained.")
    return ModelSpec(name, title, what, "", (), new_users=False, gone=True)


def learner(name: str) -> ModelSpec:
    """The line of a model that can be trained here; raises NotFound, or NotSupported for what was made elsewhere."""
    found = spec(name)
    if found.gone:
        raise _unknown(name)
    if found.elsewhere:
        raise NotSupported(
            what=_("{name} is no model: its scores were made elsewhere and cannot be learned here").format(
                name=repr(name)
            ),
            where="--model",
            remedy=_("bring a file of scores with 'import-scores', or train one of: {known}").format(
                known=_names()
            ),
        )
    return found


def _unknown(name: str) -> NotFound:
    """Nobody knows that name, or an installed package brings it in a form that cannot be used."""
    broken = next((one for one in left_out() if one.name == name), None)
    if broken is not None:
        return NotFound(
            what=_("model {name} of package {package} is left out: {why}").format(
                name=name, package=broken.package, why=broken.why
            ),
            where="--model",
            remedy=_("correct the package and install it again, or use one of: {known}").format(
                known=_names()
            ),
        )
    return NotFound(
        what=_("there is no model {name}").format(name=repr(name[:80])),
        where="--model",
        remedy=_(
            "use one of: {known}; a model of your own must be installed beside the app (entry point {group})"
        ).format(known=_names(), group=GROUP),
    )


def _names() -> str:
    return ", ".join(one.name for one in known())


def model_class(name: str) -> type[Recommender]:
    """The class of that name; for networks this loads TensorFlow.

    Raises:
        NotFound, NotSupported: as `learner`. DataError: the class of one's own model cannot be loaded.
    """
    line = learner(name)
    if line.package:
        return own_class(name)
    module, _colon, attribute = line.target.partition(":")
    found: type[Recommender] = getattr(import_module(module), attribute)
    return found


def params_of(name: str) -> tuple[ParamSpec, ...]:
    """The parameter descriptions of a model, without loading TensorFlow; none of a model that is not here any more.

    Raises:
        NotSupported: its scores were made elsewhere.
    """
    if spec(name).gone:
        return ()
    line = learner(name)
    own = own_models().find(name) if line.package else None
    if own is not None:
        return own.model.all_params
    if not line.network:
        return model_class(name).params
    found: tuple[ParamSpec, ...] = import_module(f"recsys_core.models.params.{name}").PARAMS
    return found


def kinds_of(name: str) -> tuple[Kind, ...]:
    """The kinds of data that a model learns from, without loading TensorFlow."""
    return spec(name).kinds


def models_for(kind: Kind) -> list[ModelSpec]:
    """The models that learn from this kind of data, in the order of the table."""
    return [one for one in known() if kind in one.kinds]


def usable_for(protocol: str) -> list[ModelSpec]:
    """The models that can be judged under a split protocol: new users or items only by those that serve them.

    Floors always stand beside. A blend learns its weights from known users, so it is left out there.
    """
    if protocol in COLD_USERS:
        return [one for one in known() if one.new_users and one.name != "blend"]
    if protocol == "cold-item":
        return [one for one in known() if one.new_items or one.floor]
    return list(known())


def protocols_for(model: str, data: Dataset) -> list[str]:
    """The split protocols under which a model can be judged on these data, the usual one first."""
    if PART in data.interactions:
        return ["given"]
    fitting = [name for name in PROTOCOLS if name != "given" and spec(model) in usable_for(name)]
    return [name for name in fitting if data.has_time or name not in NEEDS_TIME]


def floors_for(kind: Kind) -> list[str]:
    """Names that stand beside every model on this kind of data: the floors, and EASE for lists."""
    return [one.name for one in models_for(kind) if one.floor or one.name == "ease"]
