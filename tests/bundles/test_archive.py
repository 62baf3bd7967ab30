"""The frame of a bundle: whatever a zip may hide is refused before anything of it is read, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys_core.bundles import archive
from recsys_core.bundles.archive import MANIFEST, written
from recsys_core.bundles.importing import import_bundle
from recsys_core.errors import DataError
from tests.bundled import Sample, unpacked, zipped
from tests.bundles.conftest import Bring, Refuse
from tests.helpers import contents


def whole(sample: Sample) -> dict[str, bytes]:
    """Every member, the manifest first."""
    with zipfile.ZipFile(io.BytesIO(sample.content)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def with_entry(sample: Sample, name: str, content: bytes = b"x", **attributes: object) -> bytes:
    """The bundle with one more entry, which its manifest names too."""
    listed = unpacked(written({**sample.members, name: content}, sample.about))
    assert name in listed or "\x00" in name
    info = zipfile.ZipInfo(name)
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    buffer = io.BytesIO()
    manifest = json.loads(whole(sample)[MANIFEST])
    manifest["members"][name] = {"bytes": len(content), "sha256": archive._sha256(content)}
    with zipfile.ZipFile(buffer, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there already
        target.writestr(MANIFEST, json.dumps(manifest))
        for one, kept in sample.members.items():
            target.writestr(one, kept)
        target.writestr(info, content)
    return buffer.getvalue()


NAMES = [
    "../evil.txt",
    "model/../../evil.txt",
    "/etc/evil.txt",
    "C:\\evil.txt",
    "..\\evil.txt",
    "model/network.onnx",
    "model/serving.json",
    "model/",
    "notes.txt",
    "MODEL/part.json",
    "model/member0/member0/member0/member0/part.json",
    "model/member0/model.keras",
    "model/model.pkl",
    "lock",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_bundle_has_are_refused(
    name: str, samples: dict[str, Sample], refuse: Refuse, tmp_path: Path
) -> None:
    refuse(with_entry(samples["popularity"], name), "no")
    assert not list(tmp_path.rglob("evil*"))


def test_a_name_that_hides_its_end_is_refused(samples: dict[str, Sample], refuse: Refuse) -> None:
    content = with_entry(samples["popularity"], "recipe.json_evil")
    refuse(content.replace(b"recipe.json_evil", b"recipe.json\x00evil"))


def test_a_link_is_refused(samples: dict[str, Sample], refuse: Refuse) -> None:
    refuse(
        with_entry(
            samples["popularity"],
            "recipe.json",
            b"/etc/passwd",
            create_system=3,
            external_attr=(stat.S_IFLNK | 0o777) << 16,
        ),
        "recipe.json",
        "plain file",
    )


def test_a_name_that_is_there_twice_is_refused(samples: dict[str, Sample], refuse: Refuse) -> None:
    refuse(with_entry(samples["popularity"], "config.json", b"{}"), "config.json", "twice")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packed_member_is_refused_unread(method: int, samples: dict[str, Sample], refuse: Refuse) -> None:
    bomb = with_entry(samples["popularity"], "recipe.json", bytes(20_000_000), compress_type=method)
    assert len(bomb) < 1_000_000
    refuse(bomb, "holds more than it can")
    refuse(with_entry(samples["popularity"], "recipe.json", b"{}" * 9, compress_type=method), "recipe.json")


def patched(content: bytes, name: str, offset: int, value: bytes) -> bytes:
    """The zip with some bytes of a member's entry in the central directory changed."""
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(name.encode()))
    return content[: at + offset] + value + content[at + offset + len(value) :]


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (8, struct.pack("<H", 1)),  # encrypted
        (10, struct.pack("<H", 99)),  # a method that nobody knows
        (16, b"\x00\x00\x00\x00"),  # another CRC
        (20, struct.pack("<I", 5)),  # packed size
        (24, struct.pack("<I", 2**31)),  # size, far more than there is
        (42, struct.pack("<I", 2**30)),  # beyond the end
        (42, struct.pack("<I", 0)),  # where another member lies
    ],
)
def test_an_entry_that_lies_is_refused(
    offset: int, value: bytes, samples: dict[str, Sample], refuse: Refuse
) -> None:
    refuse(patched(samples["popularity"].content, "users.parquet", offset, value))


def test_what_is_no_zip_or_half_of_one_is_refused(samples: dict[str, Sample], refuse: Refuse) -> None:
    content = samples["popularity"].content
    for broken in (b"", b"no zip", content[: len(content) // 2], content[100:-30], zipped({})):
        refuse(broken)


Spoil = Callable[[dict[str, object]], object]
MANIFESTS: dict[str, Spoil] = {
    "newer": lambda told: told | {"format_version": 2},
    "text": lambda told: told | {"format_version": "1"},
    "true": lambda told: told | {"format_version": True},
    "none": lambda told: {key: value for key, value in told.items() if key != "format_version"},
    "other": lambda told: told | {"format": "something-else"},
    "list": lambda told: [told],
    "members": lambda told: told | {"members": []},
    "sizes": lambda told: told | {"members": dict.fromkeys(told["members"], 1)},  # type: ignore[call-overload]
    "unknown": lambda told: told | {"run_this": "rm -rf"},
    "run": lambda told: told | {"run": "../../etc"},
    "names": lambda told: told | {"names": {"zz": {}}},
    "data": lambda told: told | {"data": {"name": "../x"}},
    "deep": lambda told: told | {"data": json.loads("[" * 50 + "]" * 50)},
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_another_manifest_is_refused(kind: str, samples: dict[str, Sample], refuse: Refuse) -> None:
    members = whole(samples["popularity"])
    told = MANIFESTS[kind](json.loads(members[MANIFEST]))
    refuse(zipped({**members, MANIFEST: json.dumps(told).encode()}), "manifest.json")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"format": NaN}',
        b"[" * 100_000,
        b'{"a": ' * 100_000,
        b'{"a": 1, "a": 2}',
        b"9" * 10_000,
    ],
)
def test_a_manifest_that_is_no_json_is_refused(
    text: bytes, samples: dict[str, Sample], refuse: Refuse
) -> None:
    refuse(zipped({**whole(samples["popularity"]), MANIFEST: text}), "manifest.json")


def test_a_changed_a_missing_and_an_unnamed_member_are_refused(
    samples: dict[str, Sample], refuse: Refuse
) -> None:
    members = whole(samples["popularity"])
    refuse(zipped({**members, "config.json": members["config.json"] + b" "}), "config.json", "checksum")
    refuse(zipped({name: one for name, one in members.items() if name != "split.npz"}), "split.npz")
    refuse(zipped({**members, "recipe.json": b"{}"}), "recipe.json", "disagree")
    refuse(zipped({name: one for name, one in members.items() if name != MANIFEST}), "manifest.json")
    for name in samples["popularity"].members:
        without = {one: content for one, content in samples["popularity"].members.items() if one != name}
        refuse(written(without, samples["popularity"].about), "missing")


def test_too_many_members_and_too_many_bytes_are_refused(
    samples: dict[str, Sample], refuse: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {f"model/member{number}/part.json": b"{}" for number in range(archive.MOST_MEMBERS)}
    refuse(zipped({**whole(samples["popularity"]), **many}), "more than it can")
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    refuse(samples["popularity"].content, "over")


def test_the_same_run_is_the_same_file_and_nothing_in_it_is_packed(samples: dict[str, Sample]) -> None:
    for one in samples.values():
        assert written(one.members, one.about) == one.content
        with zipfile.ZipFile(io.BytesIO(one.content)) as opened:
            assert opened.testzip() is None
            for info in opened.infolist():
                assert (info.compress_type, info.date_time[0]) == (zipfile.ZIP_STORED, 1980)


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_flipped_byte_gets_in_or_leaves_a_trace(
    samples: dict[str, Sample], elsewhere: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(samples["popularity"].content)
    for _flip in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "flipped.zip"
    path.write_bytes(bytes(content))
    before = contents(elsewhere)
    try:
        archive.Bundle(path)
    except DataError:
        with pytest.raises(DataError):
            import_bundle(path, actor="test")
        assert contents(elsewhere) == before
    else:  # the flip hit what says nothing, such as a date: what is read is what was written
        assert unpacked(bytes(content)) == samples["popularity"].members


def test_a_good_bundle_does_get_in(samples: dict[str, Sample], elsewhere: Path, bring: Bring) -> None:
    assert bring(samples["popularity"].content).run.id == samples["popularity"].run
