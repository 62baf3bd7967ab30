"""Bundles of the shared studio's runs, and a workspace elsewhere that has the data and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recsys_core.bundles.importing import Brought, import_bundle
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.errors import DataError
from tests.bundled import Sample, sample
from tests.conftest import Studio
from tests.helpers import contents


@pytest.fixture(scope="session")
def samples(shared_studio: Studio) -> dict[str, Sample]:
    """A bundle of each run of the studio, by model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(shared_studio.folder))
        return {model: sample(run_id) for model, run_id in shared_studio.runs.items()}


@pytest.fixture
def elsewhere(workspace: Path, little: Dataset) -> Path:
    """A workspace with the data set and no run."""
    keep_dataset(little, actor="test")
    (workspace / "runs").mkdir()
    return workspace


Bring = Callable[[bytes], Brought]
Refuse = Callable[..., str]


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    """Brings a bundle into the workspace."""

    def brought(content: bytes) -> Brought:
        path = tmp_path / "run.zip"
        path.write_bytes(content)
        return import_bundle(path, actor="test")

    return brought


@pytest.fixture
def refuse(elsewhere: Path, bring: Bring) -> Refuse:
    """Checks that a bundle is refused, in one line that holds the parts, and that nothing is left of it."""

    def refused(content: bytes, *parts: str) -> str:
        before = contents(elsewhere)
        with pytest.raises(DataError) as caught:
            bring(content)
        assert contents(elsewhere) == before
        assert list((elsewhere / "runs").iterdir()) == []
        told = str(caught.value)
        for part in parts:
            assert part in told, (part, told)
        return told

    return refused
