"""Assembles the commands and turns every error a person can act on into one line and exit code 2."""

from __future__ import annotations

import logging
import os
import sys
import warnings

import typer
from typer.exceptions import TyperException

from recsys_core.cli import (
    audit_commands,
    bundle_commands,
    data_commands,
    diversity_commands,
    import_commands,
    judge_commands,
    map_commands,
    process_commands,
    report_commands,
    run_commands,
    score_commands,
    serve_commands,
    simulate_commands,
    tune_commands,
    versus_commands,
    worth_commands,
)
from recsys_core.errors import RecsysError
from recsys_core.i18n import _

PROGRAM = "recsys_core"
INTERRUPTED = 130
app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)
for module in (
    data_commands,
    audit_commands,
    diversity_commands,
    import_commands,
    map_commands,
    run_commands,
    judge_commands,
    process_commands,
    serve_commands,
    simulate_commands,
    tune_commands,
    report_commands,
    versus_commands,
    score_commands,
    bundle_commands,
    worth_commands,
):
    module.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Runs one command; never lets a traceback out."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The exit code of one command: 0, 2 for bad input, 1 for a bug, 130 when interrupted."""
    command = typer.main.get_command(app)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = command.main(args=given or ["--help"], prog_name=PROGRAM, standalone_mode=False) or 0
        if code == INTERRUPTED:  # Typer's answer to Ctrl-C
            print(_("stopped"), file=sys.stderr)
        return int(code)
    except RecsysError as problem:
        print(problem, file=sys.stderr)
        return 2
    except TyperException as problem:
        print(_usage_line(problem), file=sys.stderr)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        print(_("stopped"), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception as problem:
        logging.getLogger(__name__).debug("bug", exc_info=True)
        text = _("an error of the app itself: {kind}: {detail}; please report it").format(
            kind=type(problem).__name__, detail=" ".join(str(problem).split())[:300]
        )
        print(text, file=sys.stderr)
        return 1


def _usage_line(problem: TyperException) -> str:
    """A wrong option or argument as one line that says where its help is."""
    context = getattr(problem, "ctx", None)
    command = context.command_path if context is not None else PROGRAM
    what = " ".join(problem.format_message().split()).rstrip(".")
    return _("{command}: {what}; see {command} --help").format(command=command, what=what)
