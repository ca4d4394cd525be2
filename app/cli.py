"""The command `rightcall`: it puts the commands together and turns faults of the input into sentences.

Results go to files; progress goes to standard error where that is a terminal; `--json` prints one document to
standard output and nothing else. Every fault of the input ends with a sentence and its own exit code. Heavy
libraries are imported inside the commands that need them, so that `--help` is quick.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer

from app.commands.check import check
from app.commands.classify import classify
from app.commands.compare import compare
from app.commands.crosswalk import crosswalk
from app.commands.evaluate import evaluate
from app.commands.fetch import fetch
from app.commands.layout import layout
from app.commands.open_app import open_app
from app.commands.plan import plan
from app.commands.policies import policies
from app.commands.request import request
from app.commands.review import review
from app.commands.run import run
from app.commands.sign import sign
from app.commands.time import time
from app.commands.workload import workload
from call_codes.errors import RightcallError

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Which 911/311 calls could someone other than a police officer answer, and what officer time do they take?",
)
cli.command("run")(run)
cli.command("time")(time)
cli.command("workload")(workload)
cli.command("compare")(compare)
cli.command("plan")(plan)
cli.command("review")(review)
cli.command("sign")(sign)
cli.add_typer(crosswalk, name="crosswalk")
cli.command("layout")(layout)
cli.command("check")(check)
cli.command("classify")(classify)
cli.command("request")(request)
cli.command("fetch")(fetch)
cli.command("app")(open_app)
cli.command("policies")(policies)
cli.add_typer(evaluate, name="evaluate")


@cli.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    if show_version:
        from importlib.metadata import version

        print(f"rightcall {version('rightcall')}")
        raise typer.Exit


def _stopped(number: int, frame: object) -> NoReturn:
    """Ctrl-C: one sentence and the usual exit code; half-written results are removed on the way out."""
    print("rightcall: stopped; no results were written.", file=sys.stderr, flush=True)
    # An exception raised here can be swallowed inside a library's callback, and the run would go on.
    atexit._run_exitfuncs()
    os._exit(130)


def main() -> None:
    """The entry point: faults of the input become a sentence and an exit code, ours keep their traceback."""
    signal.signal(signal.SIGINT, _stopped)
    try:
        cli()
    except RightcallError as error:
        print(f"rightcall: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
