"""What is asked of a network that somebody else wrote, before it learns; and whose mistake an error is."""

from __future__ import annotations

import importlib.util
import logging
import random
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras

from recsys_core.errors import DataError, RecsysError
from recsys_core.i18n import _

log = logging.getLogger(__name__)
LONGEST = 300


def blamed(problem: Exception, model: str, doing: str, module: str = "") -> RecsysError:
    """The error as one of the model's author, with their file and line; the log gets the whole traceback."""
    if isinstance(problem, RecsysError):
        return problem
    log.error("model %s, %s", model, doing, exc_info=problem)
    place = _place(problem, module)
    text = f"{type(problem).__name__}: {problem}"[:LONGEST]
    return DataError(
        what=f"{text} ({place})" if place else text,
        where=_("model {name}, {doing}").format(name=model, doing=doing),
        remedy=_("correct its package; the log has the whole traceback"),
    )


def _place(problem: Exception, module: str) -> str:
    """File and line of the author's code where it happened; empty where it cannot be told."""
    found = importlib.util.find_spec(module) if module else None
    folder = Path(found.origin).parent if found is not None and found.origin else None
    frames = [
        one for one in traceback.extract_tb(problem.__traceback__) if Path(one.filename).parent == folder
    ]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""


@contextmanager
def authors_code(model: str, doing: str, module: str) -> Iterator[None]:
    """Inside runs code of the model's author: what it raises is said as theirs."""
    try:
        yield
    except (RecsysError, MemoryError):
        raise
    except Exception as problem:
        raise blamed(problem, model, doing, module) from problem


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Inside, initializers and dropout layers without a seed of their own draw from this one.

    Keras takes such seeds from Python's own generator, which is put back afterwards.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


def check_network(
    network: object, model: str, inputs: Sequence[tuple[str, tuple[int | None, ...]]], output: int
) -> keras.Model:
    """The network, if what goes in and comes out is what its form says.

    Args:
        inputs: type and shape of each, the batch as None.
        output: numbers that come out a row.
    Raises:
        DataError: it is no functional Keras model, or has other inputs or outputs.
    """
    if not isinstance(network, keras.Model) or not getattr(network, "inputs", None):
        raise _refused(
            model,
            _("build gives a {kind}").format(kind=type(network).__name__),
            _("let it return keras.Model(inputs, outputs)"),
        )
    given = [(str(one.dtype), tuple(one.shape)) for one in network.inputs]
    if given != list(inputs):
        raise _refused(
            model,
            _("its inputs are {given}").format(given=_told(given)),
            _("let them be {wanted}, in this order").format(wanted=_told(inputs)),
        )
    allowed = {(None, output)} | ({(None,)} if output == 1 else set())
    shapes = [tuple(one.shape) for one in network.outputs]
    if len(shapes) != 1 or shapes[0] not in allowed:
        raise _refused(
            model,
            _("its outputs are {given}").format(given=", ".join(map(str, shapes))),
            _("let one come out, {wanted}").format(wanted=(None, output)),
        )
    return network


def opened_safely(folder: Path) -> keras.Model:
    """The network kept in a model's folder, read without running code of its file; raises ValueError."""
    return keras.saving.load_model(folder / "model.keras", safe_mode=True)


def _told(inputs: Sequence[tuple[str, tuple[int | None, ...]]]) -> str:
    return ", ".join(f"{kind} {shape}" for kind, shape in inputs)


def _refused(model: str, what: str, remedy: str) -> DataError:
    return DataError(what=what, where=_("the network of model {name}").format(name=model), remedy=remedy)
