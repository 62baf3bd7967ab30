from __future__ import annotations

from pathlib import Path

import pytest

from recsys_core.errors import DataError
from recsys_core.job_folder import CANCELLED, INTERRUPTED, QUEUED, RUNNING, JobFolder
from recsys_core.locks import Lock


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    folder = tmp_path / "0123456789ab"
    folder.mkdir()
    job = JobFolder(folder)
    job.set_state(QUEUED)
    return job


def test_a_running_job_whose_process_is_gone_reads_as_interrupted(job: JobFolder) -> None:
    lock = Lock(job.lock_path)
    assert lock.acquire()
    job.set_state(RUNNING)
    assert job.state == RUNNING
    lock.release()
    assert job.state == INTERRUPTED


def test_cancel_is_asked_once_and_refused_where_nothing_runs(job: JobFolder) -> None:
    assert not job.cancel_asked
    job.cancel(actor="ada")
    assert job.cancel_asked
    job.set_state(CANCELLED)
    with pytest.raises(DataError, match=r"job 0123456789ab: it is not running any more \(cancelled\)"):
        job.cancel(actor="ada")


def test_a_job_at_work_is_not_removed_and_one_at_rest_is_whole(job: JobFolder, tmp_path: Path) -> None:
    lock = Lock(job.lock_path)
    assert lock.acquire()
    with pytest.raises(DataError, match="it is still running; cancel it first"):
        job.remove(actor="ada")
    lock.release()
    with pytest.raises(ValueError, match="names its actor"):
        job.remove(actor="")
    job.remove(actor="ada")
    assert list(tmp_path.iterdir()) == []
