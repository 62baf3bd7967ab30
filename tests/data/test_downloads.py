from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections import namedtuple
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from recsys_core.data.downloads import SourceUnreachable, Watch, WebFile, download, fetched, write_terms
from recsys_core.data.packages import PipMirror, fetched_package
from recsys_core.errors import Cancelled, DataError
from tests.helpers import contents
from tests.web import Reply, web

BODY = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(BODY).hexdigest()
NOWHERE = "http://127.0.0.1:9"


def _wanted(address: str, **rest: Any) -> WebFile:
    return WebFile(
        **{"url": f"{address}/all.zip", "name": "all.zip", "sha256": SHA256, "size": len(BODY), **rest}
    )


def test_a_file_arrives_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    with web({"/all.zip": Reply(BODY)}) as address:
        assert fetched(_wanted(address), tmp_path / "cache") == tmp_path / "cache" / "all.zip"
    assert contents(tmp_path / "cache") == {"all.zip": BODY}


def test_progress_is_told_in_bytes_and_ends_with_all_of_them(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    with web({"/all.zip": Reply(BODY)}) as address:
        fetched(_wanted(address), tmp_path, Watch("a-source", events.append))
    assert {event["type"] for event in events} == {"fetch"}
    assert {(event["source"], event["status"], event["of"]) for event in events} == {
        ("a-source", "downloading", len(BODY))
    }
    done = [event["done"] for event in events]
    assert done == sorted(done) and done[-1] == len(BODY)
    assert events[-1]["seconds_left"] == 0


def test_progress_is_told_at_most_five_times_a_second(tmp_path: Path) -> None:
    times: list[float] = []
    with web({"/all.zip": Reply(BODY * 20)}) as address:
        wanted = _wanted(address, sha256="", size=0)
        assert download(wanted, tmp_path, Watch("", lambda _event: times.append(time.monotonic()))) == ""
    between = [later - earlier for earlier, later in pairwise(times[:-1])]
    assert all(
        seconds >= 0.2 for seconds in between
    )  # the very last event comes at the end, whenever that is


def test_a_file_that_a_person_put_there_is_used_without_the_network(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(BODY)
    assert fetched(_wanted(NOWHERE), tmp_path) == tmp_path / "all.zip"


def test_a_damaged_file_in_the_cache_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(BODY[:-1])
    with web({"/all.zip": Reply(BODY)}) as address:
        fetched(_wanted(address), tmp_path)
    assert contents(tmp_path) == {"all.zip": BODY}


@pytest.mark.parametrize(
    ("reply", "rest", "why"),
    [
        (Reply(BODY + b"x"), {}, "another checksum"),
        (Reply(BODY[:-9], says=len(BODY)), {"sha256": ""}, "IncompleteRead|broke off|ProtocolError"),
        (Reply(BODY), {"most": len(BODY) - 1}, "too large"),
        (Reply(BODY, says=-1), {"most": len(BODY) - 1}, "too large"),
        (Reply(moved="https://127.0.0.1:9/all.zip"), {}, "another kind of address"),
        (Reply(moved="ftp://127.0.0.1:9/all.zip"), {}, "another kind of address"),
        (Reply(moved="/all.zip"), {}, "TooManyRedirects"),
        (Reply(moved="/gone.zip"), {}, "HTTPError"),
    ],
    ids=[
        "checksum",
        "cut off",
        "said to be large",
        "is large",
        "to https",
        "to ftp",
        "in a circle",
        "to nothing",
    ],
)
def test_what_is_not_the_expected_file_is_refused_and_leaves_nothing(
    reply: Reply, rest: dict[str, Any], why: str, tmp_path: Path
) -> None:
    with (
        web({"/all.zip": reply}) as address,
        pytest.raises(SourceUnreachable, match=why) as caught,
    ):
        fetched(_wanted(address, **rest), tmp_path)
    assert "put all.zip into the folder 'cache'" in caught.value.remedy
    assert contents(tmp_path) == {}


def test_a_redirect_by_the_same_scheme_is_followed(tmp_path: Path) -> None:
    with web({"/all.zip": Reply(moved="/new/all.zip"), "/new/all.zip": Reply(BODY)}) as address:
        fetched(_wanted(address), tmp_path)
    assert contents(tmp_path) == {"all.zip": BODY}


def test_without_a_named_length_the_size_known_beforehand_gives_the_time_left(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    with web({"/all.zip": Reply(BODY, says=-1)}) as address:
        fetched(_wanted(address), tmp_path, Watch("", events.append))
        assert {event["of"] for event in events} == {len(BODY)}
        fetched(_wanted(address, name="b.zip", size=0), tmp_path, Watch("", events.append))
    assert (events[-1]["of"], events[-1]["seconds_left"]) == (0, None)


def test_an_address_that_is_silent_is_given_up(tmp_path: Path) -> None:
    with web({"/all.zip": Reply(BODY, held=threading.Event())}) as address:
        why = download(_wanted(address, timeout=(1.0, 0.2)), tmp_path)
    assert "Timeout" in why
    assert contents(tmp_path) == {}


def test_stopping_keeps_nothing(tmp_path: Path) -> None:
    asked = threading.Event()

    def at_half(event: dict[str, Any]) -> None:
        asked.set()
        held.set()

    held = threading.Event()
    with (
        web({"/all.zip": Reply(BODY * 40, held=held)}) as address,
        pytest.raises(Cancelled, match="a-source: stopped"),
    ):
        fetched(_wanted(address, sha256=""), tmp_path, Watch("a-source", at_half, asked.is_set))
    assert contents(tmp_path) == {}


def test_whatever_the_watcher_raises_ends_it_and_keeps_nothing(tmp_path: Path) -> None:
    def interrupted(event: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with web({"/all.zip": Reply(BODY)}) as address, pytest.raises(KeyboardInterrupt):
        fetched(_wanted(address), tmp_path, Watch("", interrupted))
    assert contents(tmp_path) == {}


def test_a_full_disk_is_said_before_a_byte_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 10**8))
    with web({"/all.zip": (reply := Reply(BODY))}) as address:
        with pytest.raises(DataError, match=r"needs 1 MB and the disk has 100 MB left.*another disk"):
            fetched(_wanted(address), tmp_path)
        assert reply.asked == 0
        fetched(replace(_wanted(address), size=0), tmp_path)  # unknown: it is tried


def test_the_mirror_of_this_machine_takes_the_place_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web({"/mirror/all.zip": Reply(BODY)}) as address:
        monkeypatch.setenv("RECSYS_MIRROR", f"{address}/mirror/")
        fetched(_wanted(NOWHERE), tmp_path)
    assert contents(tmp_path) == {"all.zip": BODY}


def test_what_a_killed_download_left_goes_a_day_later(tmp_path: Path) -> None:
    old, new = tmp_path / ".all.zip.1.part", tmp_path / ".all.zip.2.part"
    for left in (old, new):
        left.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    with web({"/all.zip": Reply(BODY)}) as address:
        fetched(_wanted(address), tmp_path)
    assert sorted(contents(tmp_path)) == [new.name, "all.zip"]


def test_terms_lie_beside_the_data(tmp_path: Path) -> None:
    write_terms(tmp_path, "a-source", "Title", "May be used.", "Cite it.")
    assert (tmp_path / "TERMS-a-source.txt").read_text() == "Title\n\nMay be used.\n\nCite it.\n"


def test_a_package_that_no_index_has_is_unreachable_and_leaves_nothing(tmp_path: Path) -> None:
    nothing = PipMirror("no-such-package-here==1", "none.whl", "0" * 64, index_url=NOWHERE)
    with pytest.raises(
        SourceUnreachable, match=r"pip could not download no-such-package-here==1.*put none.whl"
    ):
        fetched_package(nothing, tmp_path)
    assert contents(tmp_path) == {}


def test_pip_is_ended_when_somebody_stops_it(tmp_path: Path) -> None:
    told: list[object] = []
    silent = Reply(b"<html>", held=threading.Event())
    with web({"/slow-package-here/": silent}) as address:
        slow = PipMirror("slow-package-here==1", "none.whl", "0" * 64, index_url=address)
        with pytest.raises(Cancelled):
            fetched_package(slow, tmp_path, Watch("", told.append, lambda: bool(told and silent.asked)))
    assert contents(tmp_path) == {}
