"""Assembles the commands and turns every error a person can act on into one line and exit code 2."""

from __future__ import annotations

import logging
import os
import sys
import warnings

import click
import typer

from recsys_core.cli import data_commands, run_commands, serve_commands
from recsys_core.errors import RecsysError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)
for module in (data_commands, run_commands, serve_commands):
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
    try:
        command.main(args=arguments, prog_name="recsys_core", standalone_mode=False)
    except (RecsysError, click.ClickException) as problem:
        message = problem.format_message() if isinstance(problem, click.ClickException) else str(problem)
        print(" ".join(message.split()), file=sys.stderr)
        return 2
    except (KeyboardInterrupt, click.Abort):
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as problem:
        logging.getLogger(__name__).debug("bug", exc_info=True)
        detail = " ".join(str(problem).split())[:300]
        print(
            f"an error of the app itself: {type(problem).__name__}: {detail}; please report it",
            file=sys.stderr,
        )
        return 1
    return 0
