"""`rightcall evaluate`: did the program work? A study file in, an effect with its checks and a report out.

`rightcall evaluate lock STUDY.toml` locks the plan before the outcomes are looked at. A first word that is no
sub-command is taken for the study, so that `rightcall evaluate STUDY.toml --out results` runs `evaluate run`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class StudyFirst(TyperGroup):
    """A group of commands in which `evaluate STUDY.toml …` means `evaluate run STUDY.toml …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put "run" before the arguments where they name no sub-command and do not ask for help."""
        asks_for_help = args[:1] in (["--help"], [])
        if "run" in self.commands and not asks_for_help and args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


evaluate = typer.Typer(
    cls=StudyFirst,
    no_args_is_help=True,
    help="Did the program work? The effect with the design that the data allow, its checks, and a report.",
)


@evaluate.callback()
def _group() -> None:
    """Did the program work? The effect with the design that the data allow, its checks, and a report."""


@evaluate.command("lock")
def lock(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Lock a changed plan anew; the old day and hash are kept.")
    ] = False,
) -> None:
    """Lock the plan of a study before the outcomes are looked at; the report later says what changed since."""
    from datetime import date
    from importlib.metadata import version

    from evaluation.after.lock import lock_path, write_lock
    from evaluation.after.study_file import load_study

    loaded = load_study(study)
    locked = write_lock(loaded, date.today(), version("rightcall"), replace=replace)
    when = "before" if locked.before_start else "after"
    print(f"{lock_path(loaded)}: plan locked on {locked.locked_on}, {when} the program's first start.")
    print(f"sha256 {locked.digest}")
    if locked.earlier:
        print(f"Locked before on {', '.join(str(day) for day, _ in locked.earlier)}.")
    print("The file proves the plan, not the day: publish it or commit it now.")
