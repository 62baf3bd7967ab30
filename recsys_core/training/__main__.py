"""The app's own processes: `python -m recsys_core.training work RUN | work --spare | dispatch`.

The same as the commands of that name, without the rest of the command line: they start with half the work. Nobody types
these; what goes wrong stands in the log that the process writes to.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings

from recsys_core.errors import RecsysError


def main(arguments: list[str]) -> int:
    """Runs one process; its exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        _run(arguments)
    except RecsysError as problem:
        logging.getLogger(__name__).warning("%s", problem)
        return 2
    return 0


def _run(arguments: list[str]) -> None:
    match arguments:
        case ["dispatch"]:
            from recsys_core.training.dispatcher import dispatch

            dispatch()
        case ["work", "--spare"]:
            from recsys_core.training.spare import wait_as_spare

            wait_as_spare()
        case ["work", run_id]:
            from recsys_core.training.spare import work_as_told

            work_as_told(run_id)
        case _:
            raise SystemExit(2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
