"""Bounded caches round the core, keyed by content: fingerprints and run ids, never big arguments."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys_core.data.dataset import Dataset
from recsys_core.data.profile import Profile
from recsys_core.data.profile import item_table as core_item_table
from recsys_core.data.profile import profile as core_profile
from recsys_core.data.profile import user_table as core_user_table
from recsys_core.data.store import open_dataset
from recsys_core.runs import open_run
from recsys_core.scenarios.lists import Serving

MOST_ROWS = 1000


@st.cache_resource(max_entries=4, show_spinner=False)
def dataset(name: str, fingerprint: str) -> Dataset:
    """A data set, opened once; nobody changes it."""
    return open_dataset(name)


@st.cache_resource(max_entries=8, show_spinner=False)
def serving(run_id: str, fingerprint: str) -> Serving:
    """A finished run, opened once with its data and model; nobody changes it."""
    run = open_run(run_id)
    return Serving.open(run, dataset(run.config.dataset, fingerprint))


@st.cache_resource(max_entries=4, show_spinner=False)
def profile(name: str, fingerprint: str) -> Profile:
    """What a data set looks like."""
    return core_profile(dataset(name, fingerprint))


@st.cache_data(max_entries=32, show_spinner=False)
def item_table(name: str, fingerprint: str, search: str) -> tuple[pd.DataFrame, int]:
    """The first items that fit a search, and how many fit."""
    found = core_item_table(dataset(name, fingerprint), search)
    return found.head(MOST_ROWS), len(found)


@st.cache_data(max_entries=32, show_spinner=False)
def user_table(name: str, fingerprint: str, search: str) -> tuple[pd.DataFrame, int]:
    """The first users who fit a search, and how many fit."""
    found = core_user_table(dataset(name, fingerprint), search)
    return found.head(MOST_ROWS), len(found)
