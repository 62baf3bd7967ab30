from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from recsys_core import locks
from recsys_core.locks import Lock, is_held, is_held_by_any
from tests.helpers import REPOSITORY

HOLDER = """
import sys
from pathlib import Path
from recsys_core.locks import Lock
assert Lock(Path(sys.argv[1]), shared=sys.argv[2] == "shared").acquire()
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(path: Path, how: str = "alone") -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it is killed."""
    command = [sys.executable, "-c", HOLDER, str(path), how]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_lock_of_another_process_is_held_and_free_at_once_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with another_process(path) as holder:
        assert is_held(path)
        assert is_held_by_any(path)
        assert not Lock(path).acquire()
        assert not Lock(path, shared=True).acquire()
        holder.kill()
        holder.wait(timeout=10)
        assert not is_held(path)
        assert Lock(path).acquire()


def test_a_shared_lock_lets_others_share_and_keeps_an_exclusive_one_out(tmp_path: Path) -> None:
    path = tmp_path / "app.lock"
    with another_process(path, "shared") as holder:
        assert is_held_by_any(path)
        assert not is_held(path)  # nobody holds it alone
        assert not Lock(path).acquire()
        second = Lock(path, shared=True)
        assert second.acquire()
        holder.kill()
        holder.wait(timeout=10)
        assert is_held_by_any(path)
        second.release()
        assert not is_held_by_any(path)


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    for _again in range(3):
        assert lock.acquire()
        assert is_held(tmp_path / "lock")
        lock.release()
        assert not is_held(tmp_path / "lock")
    lock.release()  # harmless


def test_asking_about_a_lock_that_was_never_taken_makes_no_file(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "lock")
    assert not is_held_by_any(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_outlives_the_holder_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    assert lock.acquire()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False) as child:
        lock.release()
        assert child.poll() is None
        held = is_held(tmp_path / "lock")
        child.kill()
    assert not held


@pytest.mark.parametrize("shared", [False, True])
def test_who_takes_a_lock_outwaits_a_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    monkeypatch.setattr(locks, "PROBE_SECONDS", 30.0)  # generous: the cores may be busy
    refused = Event()

    class Watched(Lock):
        def try_once(self) -> bool:
            taken = super().try_once()
            return taken or refused.set() or False

    probe, taker = Lock(tmp_path / "lock"), Watched(tmp_path / "lock", shared=shared)
    assert probe.try_once()
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(taker.acquire)
        assert refused.wait(20)
        probe.release()
        assert taking.result(timeout=20)
    taker.release()


def test_waiting_for_a_lock_ends_when_its_holder_lets_go(tmp_path: Path) -> None:
    holder, entered = Lock(tmp_path / "lock"), Event()
    assert holder.acquire()

    def wait_and_enter() -> None:
        with Lock(tmp_path / "lock").waited_for():
            entered.set()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_and_enter)
        assert not entered.wait(0.1)
        holder.release()
        waiting.result(timeout=10)
    assert entered.is_set()
    assert not is_held(tmp_path / "lock")
