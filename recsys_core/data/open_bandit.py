"""The Open Bandit log: impressions of a Japanese fashion shop with the true probability of each, from a PyPI package."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd

from recsys_core.columns import ITEM, TIME, TITLE, VALUE, Kind
from recsys_core.data.cleaning import clean
from recsys_core.data.dataset import Dataset, Provenance, Words, make_dataset
from recsys_core.data.downloads import UNWATCHED, Watch, write_terms
from recsys_core.data.packages import PipMirror, fetched_package
from recsys_core.errors import DataError
from recsys_core.i18n import N_, _

NAME = "open-bandit"
OBP = PipMirror(
    requirement="obp==0.4.1",
    file="obp-0.4.1-py3-none-any.whl",
    sha256="87dec9caf4283c25ab13036532e0a24566f1c7bdcad1653a8ded43b2f5ef8208",
    size=1_338_290,
)
TERMS = N_(
    "ZOZO, Inc. publishes the Open Bandit Dataset under the Creative Commons Attribution 4.0 International licence "
    "(CC BY 4.0), research.zozo.com/data.html. The package obp, which carries this small sample of it, is under the "
    "Apache License 2.0 and names no other terms for the data. Publications cite the paper."
)
CITATION = (
    "Yuta Saito, Shunsuke Aihara, Megumi Matsutani and Yusuke Narita. 2020. Open Bandit Dataset and Pipeline: "
    "Towards Realistic and Reproducible Off-Policy Evaluation. arXiv:2008.07146"
)
NOTICE = N_(
    "Fewer than 300 of 60,000 impressions were clicked: good for the effect of the position and for judging one "
    "policy by another's log, too few for any claim about AUC"
)
POLICIES, CAMPAIGNS = ("random", "bts"), ("all", "men", "women")
USER_FEATURES = tuple(f"user_feature_{number}" for number in range(4))
FEATURES = ("policy", "campaign", "position", *USER_FEATURES, "propensity_score", "hour")
WORDS = Words(user="visitor", users="visitors", value="click", verb="clicked")
_FOLDER = "obp/dataset/obd"
_READ = ("timestamp", "item_id", "position", "click", "propensity_score", *USER_FEATURES)
_HASH_SHOWN = 8
"""Feature values are hashes of 32 signs; so many tell them apart."""


def fetch_open_bandit(cache: Path, *, package: PipMirror = OBP, watch: Watch = UNWATCHED) -> Dataset:
    """Impressions of two policies in three campaigns, each with a click or none; no visitor is known.

    Item ids restart in every campaign, so the campaign is part of the id: 'men-7'. Feature values are hashes,
    shortened; the items' are salted per policy, and those of the policy 'random' are taken.

    Args:
        cache: folder of the downloaded package and of its terms; made when missing.

    Raises:
        SourceUnreachable: the package index did not give the expected file.
        Cancelled: the person asked to stop.
    """
    write_terms(cache, NAME, "Open Bandit Dataset", TERMS, CITATION)
    path = fetched_package(package, cache, watch)
    watch.tell("reading", share=0.0)
    try:
        with zipfile.ZipFile(path) as archive:
            rows = pd.concat(
                [_impressions(archive, policy, campaign) for policy in POLICIES for campaign in CAMPAIGNS],
                ignore_index=True,
            )
            items = pd.concat([_items(archive, campaign) for campaign in CAMPAIGNS], ignore_index=True)
    except (zipfile.BadZipFile, KeyError, ValueError) as problem:
        raise DataError(
            what=_("the package is not laid out as expected ({problem})").format(problem=problem),
            where=path.name,
            remedy=_("delete it from the folder 'cache' of the workspace and fetch it again"),
        ) from problem
    cleaned, steps = clean(rows, Kind.CLICK)
    source = _("ZOZO, Open Bandit Dataset (sample in the PyPI package {requirement})")
    return make_dataset(
        NAME,
        Kind.CLICK,
        cleaned.assign(**{TIME: cleaned[TIME] // 1_000_000}),
        items=items,
        words=WORDS,
        provenance=Provenance(
            source.format(requirement=package.requirement), terms=TERMS, citation=CITATION, notice=NOTICE
        ),
        features=FEATURES,
        cleaning=tuple(step.as_dict() for step in steps),
    )


def _impressions(archive: zipfile.ZipFile, policy: str, campaign: str) -> pd.DataFrame:
    """One log: the label, the item, the features, and the time in microseconds (so that no two rows are the same)."""
    with archive.open(f"{_FOLDER}/{policy}/{campaign}/{campaign}.csv") as stream:
        table = pd.read_csv(stream, usecols=list(_READ))
    moments = pd.to_datetime(table["timestamp"], format="ISO8601", utc=True)
    return pd.DataFrame(
        {
            ITEM: f"{campaign}-" + table["item_id"].astype("str"),
            VALUE: table["click"].astype("float32"),
            TIME: moments.astype("datetime64[us, UTC]").astype("int64"),
            "policy": policy,
            "campaign": campaign,
            "position": table["position"],
            **{column: table[column].str[:_HASH_SHOWN] for column in USER_FEATURES},
            "propensity_score": table["propensity_score"],
            "hour": moments.dt.hour.astype("int8"),
        }
    )


def _items(archive: zipfile.ZipFile, campaign: str) -> pd.DataFrame:
    with archive.open(f"{_FOLDER}/{POLICIES[0]}/{campaign}/item_context.csv") as stream:
        table = pd.read_csv(stream, index_col=0)
    ids = f"{campaign}-" + table["item_id"].astype("str")
    hashed = {
        column: table[column].str[:_HASH_SHOWN]
        for column in map(str, table.columns)
        if column.startswith("item_feature_") and column != "item_feature_0"
    }
    return pd.DataFrame(
        {
            ITEM: ids,
            TITLE: ids,
            "campaign": campaign,
            "item_feature_0": table["item_feature_0"],
            **hashed,
        }
    )
