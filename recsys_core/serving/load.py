"""Opens the serving form in a folder: the literal table of forms, nothing taken from the file decides code."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from zipfile import BadZipFile

from recsys_core import files
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.serving.base import MANIFEST, Capabilities, Scorer, verified_manifest
from recsys_core.serving.baselines import BiasScorer, EaseScorer, PopularityScorer, RandomScorer
from recsys_core.serving.blend import BlendScorer
from recsys_core.serving.factors import FactorsScorer
from recsys_core.serving.imported import ImportedScorer
from recsys_core.serving.item_weights import ItemWeightsScorer
from recsys_core.serving.mf import MfScorer
from recsys_core.serving.networks import EmbeddingMlpScorer, HistoryEncoderScorer
from recsys_core.serving.own import OwnListScorer, OwnPairScorer
from recsys_core.serving.rating_autoencoder import RatingAutoencoderScorer
from recsys_core.serving.reranked import RerankedScorer
from recsys_core.serving.sequences import SequenceScorer
from recsys_core.serving.trust import TrustScorer
from recsys_core.serving.two_tower import TwoTowerScorer

_FORMS: dict[str, type[Scorer]] = {
    scorer.form: scorer
    for scorer in (
        RandomScorer,
        PopularityScorer,
        BiasScorer,
        EaseScorer,
        ItemWeightsScorer,
        FactorsScorer,
        BlendScorer,
        EmbeddingMlpScorer,
        MfScorer,
        RatingAutoencoderScorer,
        HistoryEncoderScorer,
        OwnListScorer,
        OwnPairScorer,
        TwoTowerScorer,
        SequenceScorer,
        TrustScorer,
        RerankedScorer,
        ImportedScorer,
    )
}


def load_scorer(folder: Path) -> Scorer:
    """The scorer kept in `folder`, after its checksums were verified; raises DataError."""
    manifest = verified_manifest(folder)
    form = str(manifest.get("form"))
    if form not in _FORMS:
        raise DataError(
            what=_("{form} is no serving form of this version").format(form=repr(form)),
            where="serving.json",
            remedy=_("update the app or train the run again"),
        )
    try:
        scorer = _FORMS[form].read(folder, manifest)
        liked_from = manifest.get("liked_from")
        scorer.liked_from = None if liked_from is None else float(liked_from)
        return scorer
    except (KeyError, TypeError, ValueError, EOFError, OSError, BadZipFile) as problem:
        raise DataError(
            what=_("the model cannot be read ({problem})").format(problem=type(problem).__name__),
            where=folder.name,
            remedy=_("train the run again"),
        ) from problem


def stated_abilities(folder: Path) -> Capabilities:
    """What the scorer kept in `folder` says that it can answer, without opening it; raises DataError."""
    stated = files.read_json(folder / MANIFEST).get("can", {})
    known = {one.name for one in fields(Capabilities)}
    return Capabilities(**{name: bool(value) for name, value in stated.items() if name in known})


def load_member(folder: Path, expected: str) -> Scorer:
    """Opens a model that is part of another, whose manifest has the checksum that the other kept; raises DataError."""
    manifest = folder / MANIFEST
    if not manifest.exists() or files.sha256_of(manifest) != expected:
        raise DataError(
            what=_("a model file is missing or was changed after training"),
            where=folder.name,
            remedy=_("train the run again"),
        )
    return load_scorer(folder)
