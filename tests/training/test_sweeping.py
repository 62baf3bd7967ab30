from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from recsys_core.training.sweeping import sweep
from tests.helpers import REPOSITORY

MAKER = """
import sys
from pathlib import Path
from recsys_core.locks import Lock
folder = Path(sys.argv[1])
lock = Lock(folder / "lock")
assert lock.acquire()
(folder / "half").write_text("half")
print("ready", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_is_taken_away_and_what_lives_is_not(workspace: Path) -> None:
    building = workspace / "runs" / ".0123456789ab"
    maker = subprocess.Popen(
        [sys.executable, "-c", MAKER, str(building)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with maker:
        assert maker.stdout is not None and maker.stdout.readline() == "ready\n"
        assert sweep() == []
        assert (building / "half").exists()
        maker.kill()
        maker.wait(timeout=10)
    assert sweep() == [".0123456789ab"]
    assert not building.exists()


def test_what_has_no_lock_goes_once_it_is_old(workspace: Path) -> None:
    runs = workspace / "runs"
    (runs / ".ba9876543210").mkdir(parents=True)
    run = runs / "0123456789ab"
    (run / ".validated-01234567").mkdir(parents=True)
    (run / ".status.json.01234567.tmp").touch()
    (run / "status.json").touch()
    (runs / ".0123456789ab.01234567.deleted").mkdir()
    (runs / ".somebody-elses").mkdir()
    assert sweep() == []
    assert len(sweep(older_than=-1.0)) == 4
    assert {path.name for path in runs.rglob("*")} == {"0123456789ab", "status.json", ".somebody-elses"}
