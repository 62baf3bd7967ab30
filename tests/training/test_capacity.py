from __future__ import annotations

import pytest

from recsys_core.errors import ParamError
from recsys_core.training import capacity
from recsys_core.training.capacity import (
    WORKER_BYTES,
    free_bytes,
    most_workers,
    room_for_one_more,
    thread_limits,
)


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (2, 1), (3, 1), (4, 2), (16, 8)])
def test_one_worker_for_two_cores_and_never_none(
    cores: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(capacity.WORKERS, raising=False)
    assert most_workers(cores) == workers


def test_another_number_may_be_set_and_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(capacity.WORKERS, " 3 ")
    assert most_workers(2) == 3
    for nonsense in ("0", "-1", "two", "1.5", "65"):
        monkeypatch.setenv(capacity.WORKERS, nonsense)
        with pytest.raises(ParamError, match=r"RECSYS_WORKERS: .* use a whole number from 1 to 64"):
            most_workers(2)


def test_the_first_job_always_has_room_and_another_only_where_memory_suffices() -> None:
    assert room_for_one_more(0, 1, free=0)
    assert not room_for_one_more(1, 1, free=10 * WORKER_BYTES)
    assert room_for_one_more(1, 2, free=WORKER_BYTES)
    assert not room_for_one_more(1, 2, free=WORKER_BYTES - 1)


@pytest.mark.parametrize(
    ("cores", "most", "threads"), [(1, 1, 1), (2, 1, 2), (2, 2, 1), (4, 2, 1), (8, 1, 7), (16, 8, 1)]
)
def test_workers_share_the_cores_and_leave_one_to_the_pages(cores: int, most: int, threads: int) -> None:
    limits = thread_limits(most, cores)
    assert limits["OMP_NUM_THREADS"] == limits["TF_NUM_INTRAOP_THREADS"] == str(threads)
    assert limits["TF_NUM_INTEROP_THREADS"] == "1"


def test_a_container_s_limit_counts_without_its_cache_of_files(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert free_bytes() > 0
    monkeypatch.setattr(capacity, "_CONTAINER", tmp_path)
    for name, text in (
        ("max", "1000\n"),
        ("current", "700\n"),
        ("stat", "anon 400\ninactive_file 250\n"),
    ):
        (tmp_path / f"memory.{name}").write_text(text)  # type: ignore[operator]
    assert free_bytes() == 550
    (tmp_path / "memory.max").write_text("max\n")  # type: ignore[operator]
    assert free_bytes() > 550
