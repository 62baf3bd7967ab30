"""Bringing a run in: with its data and without, twice, at once, stopped half-way, under an id that is taken."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recsys_core import files
from recsys_core.bundles.exporting import export_run
from recsys_core.bundles.importing import bringing, import_bundle
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import make_split
from recsys_core.data.store import delete_dataset, keep_dataset
from recsys_core.errors import Cancelled, DataError, NotFound
from recsys_core.models import registry
from recsys_core.runs import CANCELLED, Run, delete_run, list_runs
from tests.bundled import Sample, sample
from tests.bundles.conftest import Bring
from tests.conftest import Studio
from tests.fitted import QUICK
from tests.helpers import contents, finished_run, queued_run
from tests.own_packages import Site

ALWAYS = ["history_encoder", "embedding_mlp", "ease", "popularity"]


def assert_as_before(run: Run, studio: Path, data: Dataset) -> None:
    """The lists, figures and scores are those of the run where it was made."""
    before = Run(studio / "runs" / run.id)
    measured = files.read_json(before.folder / "metrics.json")["metrics"]
    assert run.measured()["metrics"] == pytest.approx(measured, rel=0, abs=1e-9)
    tables = [pd.read_parquet(one.folder / "candidates.parquet") for one in (run, before)]
    pd.testing.assert_frame_equal(*tables, rtol=0, atol=1e-6)
    split = make_split(data, run.config.split_spec)
    theirs = Run(before.folder).scorer().score_catalogue(split.test[:5] % data.n_users)
    ours = run.scorer().score_catalogue(split.test[:5] % data.n_users)
    assert ours == pytest.approx(theirs, abs=1e-6)
    assert run.events() == before.events()
    assert replace(run.config, dataset=before.config.dataset) == before.config


@pytest.mark.parametrize("model", ALWAYS)
def test_a_run_is_elsewhere_what_it_was(
    model: str,
    samples: dict[str, Sample],
    elsewhere: Path,
    little: Dataset,
    shared_studio: Studio,
    bring: Bring,
) -> None:
    brought = bring(samples[model].content)
    assert (brought.new, brought.run.id, brought.run.state) == (True, samples[model].run, "done")
    assert_as_before(brought.run, shared_studio.folder, little)
    origin = brought.run.origin
    assert origin is not None
    assert (origin.run, origin.maker, origin.actor, origin.dataset) == (
        samples[model].run,
        "test",
        "test",
        "little",
    )
    assert (brought.run.folder / "model" / "model.keras").exists() == model.endswith(("encoder", "mlp"))
    before = contents(elsewhere / "runs")
    again = bring(samples[model].content)
    assert (again.new, again.run.id) == (False, brought.run.id)
    assert contents(elsewhere / "runs") == before


@pytest.mark.long
@pytest.mark.parametrize("model", ["autoencoder", "two_tower", "sequence", "rating_autoencoder", "mf"])
def test_every_network_comes_through(
    model: str,
    elsewhere: Path,
    little: Dataset,
    bring: Bring,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = finished_run(little, model, settings=QUICK[model])
    bundle = sample(run.id)
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "third"))
    keep_dataset(little.renamed("otherwise"), actor="test")
    brought = bring(bundle.content).run
    assert brought.config.dataset == "otherwise"
    assert_as_before(brought, elsewhere, little)


@pytest.mark.long
def test_a_network_of_ones_own_comes_through_where_its_package_is(
    site: Site,
    elsewhere: Path,
    little: Dataset,
    bring: Bring,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site.put_example()
    own = [one.name for one in registry.known() if one.package]
    bundles = [sample(finished_run(little, model, settings={"epochs": 2}).id) for model in own]
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "third"))
    keep_dataset(little, actor="test")
    assert bundles
    for bundle in bundles:
        assert_as_before(bring(bundle.content).run, elsewhere, little)
        delete_run(bundle.run, actor="test")
    site.remove_all()
    for bundle in bundles:
        with pytest.raises(DataError, match="must be installed"):
            bring(bundle.content)
    assert list_runs() == []


def test_without_its_data_a_run_shows_its_figures_and_is_completed_later(
    samples: dict[str, Sample], workspace: Path, little: Dataset, shared_studio: Studio, bring: Bring
) -> None:
    waiting = bring(samples["ease"].content)
    run = waiting.run
    assert (waiting.new, run.waiting, run.has_model, run.has_figures) == (True, True, False, True)
    with pytest.raises(DataError, match="not built yet"):
        run.scorer()
    with pytest.raises(DataError, match="not built yet"):
        run.table("users")
    with pytest.raises(DataError, match="not here"):
        export_run(run)
    with pytest.raises(NotFound):
        run.dataset()
    assert not bring(samples["ease"].content).new
    assert {path.name for path in run.folder.iterdir()} == {
        "bundle.zip", "config.json", "events.jsonl", "metrics.json", "origin.json", "status.json",
    }  # fmt: skip
    keep_dataset(little.renamed("mine"), actor="test")
    done = import_bundle(run.folder / "bundle.zip", actor="test")
    assert (done.new, done.completed, done.run.id, done.run.waiting) == (False, True, run.id, False)
    assert_as_before(done.run, shared_studio.folder, little)
    assert [one.name for one in (workspace / "runs").iterdir()] == [run.id]


def test_other_data_of_the_same_name_are_not_its_data(
    samples: dict[str, Sample], workspace: Path, little: Dataset, bring: Bring
) -> None:
    events = little.interactions.iloc[1:].reset_index(drop=True)
    keep_dataset(replace(little, interactions=events), actor="test")
    assert bring(samples["ease"].content).run.waiting


def test_where_it_was_made_it_is_the_run_that_is_there(
    samples: dict[str, Sample], studio: Studio, bring: Bring
) -> None:
    before = contents(studio.folder / "runs")
    for model in ALWAYS:
        brought = bring(samples[model].content)
        assert (brought.new, brought.run.id) == (False, samples[model].run)
    assert contents(studio.folder / "runs") == before


def test_there_and_back_is_the_same_run(
    elsewhere: Path, little: Dataset, bring: Bring, tmp_path: Path
) -> None:
    run = finished_run(little, "bias")
    away = sample(run.id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(tmp_path / "third"))
        keep_dataset(little, actor="test")
        back = sample(bring(away.content).run.id)
    brought = bring(back.content)
    assert (brought.new, brought.run.id) == (False, run.id)


def test_an_id_that_is_taken_is_left_alone(
    samples: dict[str, Sample], elsewhere: Path, little: Dataset, bring: Bring
) -> None:
    other = finished_run(little, "random", seed=1)
    (elsewhere / "runs" / other.id).rename(elsewhere / "runs" / samples["popularity"].run)
    before = contents(elsewhere / "runs" / samples["popularity"].run)
    brought = bring(samples["popularity"].content)
    assert brought.new and brought.run.id != samples["popularity"].run
    assert brought.run.config.model == "popularity"
    again = bring(samples["popularity"].content)
    assert (again.new, again.run.id) == (False, brought.run.id)
    assert contents(elsewhere / "runs" / samples["popularity"].run) == before


def test_two_at_once_are_one_run(samples: dict[str, Sample], elsewhere: Path, tmp_path: Path) -> None:
    path, found = tmp_path / "run.zip", []
    path.write_bytes(samples["popularity"].content)
    threads = [
        threading.Thread(target=lambda: found.append(import_bundle(path, actor="test")))
        for _place in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.new for one in found) == [False, False, False, True]
    assert {one.run.id for one in found} == {samples["popularity"].run}
    assert [one.name for one in (elsewhere / "runs").iterdir()] == [samples["popularity"].run]


@pytest.mark.parametrize("stage", ["building", "ranking"])
def test_what_is_stopped_leaves_nothing(
    stage: str, samples: dict[str, Sample], elsewhere: Path, tmp_path: Path
) -> None:
    path = tmp_path / "run.zip"
    path.write_bytes(samples["popularity"].content)
    before, told = contents(elsewhere), []

    def report(event: dict[str, Any]) -> None:
        told.append(bringing(event))
        if event["status"] == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_bundle(path, actor="test", report=report)
    with pytest.raises(Cancelled):
        import_bundle(path, actor="test", should_stop=lambda: True)
    assert contents(elsewhere) == before
    assert list((elsewhere / "runs").iterdir()) == []
    assert [share for share, _text in told] == sorted(share for share, _text in told)


def test_what_a_killed_import_left_is_swept_a_day_later(
    samples: dict[str, Sample], elsewhere: Path, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = elsewhere / "runs" / ".0123456789ab.importing"
    left.mkdir()
    bring(samples["popularity"].content)
    assert left.exists()
    delete_run(samples["popularity"].run, actor="test")
    monkeypatch.setattr("recsys_core.bundles.importing.LEFT_OVER_SECONDS", -1.0)
    bring(samples["popularity"].content)
    assert not left.exists()
    assert len(list_runs()) == 1


def test_what_is_not_finished_or_lost_its_parts_is_not_exported(workspace: Path, little: Dataset) -> None:
    keep_dataset(little, actor="test")
    queued = queued_run(little, "popularity")
    with pytest.raises(NotFound, match="no results"):
        export_run(queued)
    queued.set_state(CANCELLED)
    with pytest.raises(NotFound, match="no results"):
        export_run(queued)
    run = finished_run(little, "popularity")
    (run.folder / "model" / "arrays.npz").write_bytes(b"other")
    with pytest.raises(DataError, match="changed after training"):
        export_run(run)
    delete_dataset("little", actor="test")
    with pytest.raises(NotFound, match="no data set"):
        export_run(run)
