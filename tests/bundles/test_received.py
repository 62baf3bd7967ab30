"""What stands in a bundle: whoever seals lies with right checksums is refused too, and nothing of theirs is run."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys_core.bundles.importing import import_bundle
from recsys_core.data.dataset import Dataset
from recsys_core.errors import DataError
from recsys_core.replay import named_runs, replay_of
from recsys_core.runs import delete_run, open_run
from tests.bundled import Canary, Change, Members, Sample, arrays_of, json_with, member, npz, sample, zipped
from tests.bundles.conftest import Bring, Refuse
from tests.helpers import contents, finished_run

ESCAPE = "\x1b[2J"
SETTINGS = {"half_life": 0.0}

CONFIGS: dict[str, dict[str, Any]] = {
    "model": {"model": "nonesuch"},
    "other model": {"model": "random"},
    "class": {"model": "os:system"},
    "dataset": {"dataset": "../little"},
    "fingerprint": {"fingerprint": "0" * 63},
    "other data": {"fingerprint": "0" * 64},
    "split": {"split": "magic:1"},
    "k": {"k": 0},
    "huge k": {"k": 10**9},
    "k above the catalogue": {"k": 31},
    "seed": {"seed": True},
    "negative seed": {"seed": -1},
    "infinite seed": {"split_seed": 1e999},
    "setting": {"settings": {"half_life": -1}},
    "unknown setting": {"settings": {**SETTINGS, "run": "it"}},
    "setting of a kind": {"settings": {"half_life": {"class_name": "Lambda"}}},
    "no settings": {"settings": []},
    "name": {"name": ESCAPE},
    "long name": {"name": "n" * 300},
    "created": {"created": "yesterday"},
    "more": {"folder": "/etc"},
    "less": {"actor": ...},
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_configuration_that_cannot_be_is_refused(
    kind: str, samples: dict[str, Sample], refuse: Refuse
) -> None:
    refuse(samples["popularity"].changed(json_with("config.json", **CONFIGS[kind])))


def column(name: str, values: Any) -> Change:
    """Sets a column of the table of users."""

    def change(members: Members) -> None:
        table = pd.read_parquet(io.BytesIO(members["users.parquet"])).assign(**{name: values})
        members["users.parquet"] = table.to_parquet()

    return change


def long_table(members: Members) -> None:
    """A table that is far larger than its file."""
    members["users.parquet"] = pd.DataFrame({"user": np.zeros(5_000_000, np.int32)}).to_parquet()
    assert len(members["users.parquet"]) < 1_000_000


def other_rows(members: Members) -> None:
    """Test rows are train rows."""
    rows = arrays_of(members["split.npz"])
    rows["train"][0], rows["test"][0] = rows["test"][0], rows["train"][0]
    members["split.npz"] = npz(rows)


def other_ids(members: Members) -> None:
    """Two people change names."""
    ids = json.loads(members["ids.json"])
    ids["users"][:2] = ids["users"][1::-1]
    members["ids.json"] = json.dumps(ids).encode()


def better(members: Members) -> None:
    """The run boasts."""
    told = json.loads(members["metrics.json"])
    told["metrics"]["ndcg@10"] += 0.01
    members["metrics.json"] = json.dumps(told).encode()


def other_lists(members: Members) -> None:
    """Everybody's lists are those of somebody else."""
    table = pd.read_parquet(io.BytesIO(members["candidates.parquet"]))
    table["user"] = table["user"].max() - table["user"]
    members["candidates.parquet"] = table.to_parquet()


def events(*lines: object) -> Change:
    """Sets the events."""
    return member("events.jsonl", "".join(json.dumps(one) + "\n" for one in lines).encode())


EPOCH = {"type": "epoch", "phase": "train", "epoch": 1, "of": 2, "loss": 0.5, "seconds_left": 1.0,
         "samples_per_second": 2.0, "time": 1.0}  # fmt: skip
MEMBERS: dict[str, tuple[Change, str]] = {
    "status": (json_with("status.json", state="running"), "status.json"),
    "seconds": (json_with("status.json", seconds={"fit": -1}), "status.json"),
    "metrics": (json_with("metrics.json", metrics={"ndcg@10": "0.9"}), "metrics.json"),
    "no metrics": (json_with("metrics.json", metrics={}), "no figure"),
    "boast": (better, "ndcg@10 is"),
    "ci": (json_with("metrics.json", ci={"ndcg@10": [0.1]}), "metrics.json"),
    "event without fields": (events({"type": "epoch"}), "events.jsonl"),
    "event of a list": (events([1]), "events.jsonl"),
    "event of no type": (events({"type": ["epoch"]}), "events.jsonl"),
    "event that nests": (events({**EPOCH, "more": {"a": []}}), "events.jsonl"),
    "event with an epoch 0": (events({**EPOCH, "epoch": 0}), "events.jsonl"),
    "event that escapes": (events({"type": "phase", "phase": ESCAPE}), "events.jsonl"),
    "long event": (events({"type": "x", "more": "y" * 30_000}), "events.jsonl"),
    "recipe": (member("recipe.json", b'{"columns": {"user": 1}}'), "recipe.json"),
    "recipe of code": (member("recipe.json", b'{"steps": {"__import__": {}}}'), "recipe.json"),
    "split": (other_rows, "split.npz"),
    "split outside": (lambda members: members.update({"split.npz": npz(
        arrays_of(members["split.npz"]) | {"test": np.array([10**9])})}), "split.npz"),
    "split of fractions": (lambda members: members.update({"split.npz": npz(
        arrays_of(members["split.npz"]) | {"test": np.array([1.5])})}), "split.npz"),
    "split of one part": (member("split.npz", npz({"train": np.arange(3)})), "split.npz"),
    "ids": (other_ids, "ids.json"),
    "fewer ids": (json_with("ids.json", users=["u1"]), "ids.json"),
    "ids of numbers": (json_with("ids.json", items=[1] * 30), "ids.json"),
    "no table": (member("users.parquet", b"PAR1 no table PAR1"), "users.parquet"),
    "table of text": (column("evil", "x" * 1000), "users.parquet"),
    "table of objects": (column("evil", [[1]] * 39), "users.parquet"),
    "long table": (long_table, "users.parquet"),
    "lists": (other_lists, "lists"),
    "lists of other columns": (member("candidates.parquet", pd.DataFrame({"user": [1]}).to_parquet()), "candidates"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MEMBERS)
def test_a_member_that_lies_is_refused(kind: str, samples: dict[str, Sample], refuse: Refuse) -> None:
    change, part = MEMBERS[kind]
    refuse(samples["popularity"].changed(change), part)


PART, ARRAYS = "model/part.json", "model/arrays.npz"
N_USERS, N_ITEMS = 40, 30


def header(shape: tuple[int, ...]) -> bytes:
    """An array that says that it is far larger than its file."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


MODELS: dict[str, tuple[Change, ...]] = {
    "other form": (json_with(PART, form="ease"),),
    "network form": (json_with(PART, form="network"),),
    "unknown form": (json_with(PART, form="pickle"),),
    "other model": (json_with(PART, model="bias"),),
    "other settings": (json_with(PART, settings={"half_life": 3.0}),),
    "other seed": (json_with(PART, seed=9),),
    "other run": (json_with(PART, run="000000000000"),),
    "more": (json_with(PART, module="os"),),
    "numbers": (json_with(PART, numbers={"seed": 1}),),
    "other shape": (member(ARRAYS, npz({"counts": np.ones(N_ITEMS + 1)})),),
    "more dimensions": (member(ARRAYS, npz({"counts": np.ones((1, 1, N_ITEMS))})),),
    "not finite": (member(ARRAYS, npz({"counts": np.full(N_ITEMS, np.inf)})),),
    "whole numbers": (member(ARRAYS, npz({"counts": np.ones(N_ITEMS, np.int64)})),),
    "texts": (member(ARRAYS, npz({"counts": np.array(["x"] * N_ITEMS)})),),
    "another array": (member(ARRAYS, npz({"counts": np.ones(N_ITEMS), "more": np.ones(1)})),),
    "no array": (member(ARRAYS, npz({})),),
    "packed": (member(ARRAYS, npz({"counts": np.zeros(N_ITEMS)}, packed=True)),),
    "a file that lies about its size": (
        lambda members: members.update({ARRAYS: zipped({"counts.npy": header((10**12,))})}),
    ),
    "no numpy": (lambda members: members.update({ARRAYS: zipped({"counts.npy": b"counts"})}),),
    "way out": (lambda members: members.update({ARRAYS: zipped({"../counts.npy": header((0,))})}),),
    "other numbers": (lambda members: members.update(
        {ARRAYS: npz({"counts": arrays_of(members[ARRAYS])["counts"][::-1]})}),),
}  # fmt: skip


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_of_arrays_that_is_not_what_it_says_is_refused(
    kind: str, samples: dict[str, Sample], refuse: Refuse
) -> None:
    for change in MODELS[kind]:
        refuse(samples["popularity"].changed(change))


def test_objects_in_arrays_are_never_opened(
    samples: dict[str, Sample], refuse: Refuse, tmp_path: Path
) -> None:
    caught = tmp_path / "caught"
    objects = npz({"counts": np.array([Canary(caught)] * N_ITEMS, dtype=object)})
    assert b"touch" in objects
    refuse(samples["popularity"].changed(member(ARRAYS, objects)), "arrays")
    refuse(samples["popularity"].changed(member("users.parquet", objects)), "users.parquet")
    assert not caught.exists()


def test_a_table_of_weights_that_does_not_fit_is_refused(samples: dict[str, Sample], refuse: Refuse) -> None:
    weights = arrays_of(samples["ease"].members[ARRAYS])["weights"]
    for broken in (weights[:-1], weights[:, :5], weights.astype(np.float16), -weights):
        refuse(samples["ease"].changed(member(ARRAYS, npz({"weights": broken}))))


@pytest.fixture
def blended(workspace: Path, elsewhere: Path, little: Dataset) -> Sample:
    """A blend of two models, made in the workspace and taken out of it again."""
    members = [finished_run(little, "item_knn").id, finished_run(little, "popularity").id]
    blend = finished_run(little, "blend", settings={"members": ",".join(members)})
    found = sample(blend.id)
    for run_id in (blend.id, *members):
        delete_run(run_id, actor="test")
    return found


def knn_table(**changed: Any) -> Change:
    """Changes the sparse table of the first member."""

    def change(members: Members) -> None:
        name = "model/member0/arrays.npz"
        arrays = arrays_of(members[name])
        members[name] = npz(arrays | {key: make(arrays[key]) for key, make in changed.items()})

    return change


BLENDS: dict[str, Change] = {
    "indices outside": knn_table(indices=lambda found: found + 1000),
    "negative indices": knn_table(indices=lambda found: found - 1000),
    "indptr that falls": knn_table(indptr=lambda found: found[::-1]),
    "short indptr": knn_table(indptr=lambda found: found[:-1]),
    "fewer data": knn_table(data=lambda found: found[:-1]),
    "a member of another run": json_with("model/member0/part.json", run="000000000000"),
    "a member that is a blend": json_with("model/member0/part.json", model="blend", form="blend"),
    "a member that is missing": lambda members: members.pop("model/member1/part.json") and None,
    "one member more": lambda members: members.update(
        {name.replace("member1", "member2"): one for name, one in members.items() if "member1" in name}
    ),
    "three weights": lambda members: members.update({ARRAYS: npz({"weights": np.ones(3)})}),
    "other weights": lambda members: members.update({ARRAYS: npz({"weights": np.array([0.0, 1.0])})}),
    "a decay above 1": json_with("model/member0/part.json", numbers={"decay": 2.0, "window": 0}),
}


@pytest.mark.parametrize("kind", BLENDS)
def test_a_blend_that_is_not_what_it_says_is_refused(kind: str, blended: Sample, refuse: Refuse) -> None:
    refuse(blended.changed(BLENDS[kind]))


def test_a_blend_brings_what_its_line_needs(blended: Sample, bring: Bring) -> None:
    run = bring(blended.content).run
    named = named_runs(run.config)
    replay = replay_of(run)
    assert [run_id for run_id, _line in replay.before] == named
    assert all("is gone" not in note for note in replay.notes)
    assert sample(run.id).members.keys() == blended.members.keys()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    ("config.json", "settings"), ("config.json", "k"), ("config.json", "name"), ("config.json", "split"),
    ("config.json", "created"), ("status.json", "seconds"), ("status.json", "epochs"), ("metrics.json", "metrics"),
    ("metrics.json", "ci"), ("ids.json", "users"), ("model/part.json", "numbers"), ("model/part.json", "settings"),
]  # fmt: skip


@given(place=st.sampled_from(PLACES), value=JSON)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_in_any_place_does_more_than_be_refused(
    place: tuple[str, str], value: Any, samples: dict[str, Sample], elsewhere: Path, tmp_path: Path
) -> None:
    name, field = place
    path = tmp_path / "odd.zip"
    path.write_bytes(samples["popularity"].changed(json_with(name, **{field: value})))
    before = contents(elsewhere / "runs")
    try:
        run = import_bundle(path, actor="test").run
    except DataError:
        assert contents(elsewhere / "runs") == before
    else:  # the value says nothing of the figures: a name, a time, the seconds that it took
        assert open_run(run.id).has_model
