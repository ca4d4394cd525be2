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


@evaluate.command("run")
def run(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    out: Annotated[Path | None, typer.Option(help="Folder for the results (new or empty).")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Start of the random numbers: the same gives the same results.")
    ] = 0,
    force: Annotated[bool, typer.Option(help="Replace the results in a folder that is not empty.")] = False,
) -> None:
    """The effect, its checks and a report. The same as without the word run.

    For example: rightcall evaluate study.toml --out evaluation
    """
    import json

    from app.commands.progress import progress
    from app.evaluation_answer import in_short
    from app.evaluation_outputs import evaluation_record, write_evaluation
    from app.outputs import check_target
    from app.study_calls import study_calls
    from call_codes.errors import UsageError
    from evaluation.after.evaluate import evaluate as evaluate_study
    from evaluation.after.study_file import load_study

    if out is None and not as_json:
        raise UsageError(
            found="no --out.",
            expected="a folder for the results, or --json.",
            action="Add, for example, --out evaluation",
        )
    if out is not None:
        check_target(out, force=force)
    loaded = load_study(study)
    with progress(12) as step:
        made = evaluate_study(loaded, study_calls(loaded, step), seed=seed, step=step)
        if out is not None:
            command = ["rightcall", "evaluate", study.name, "--out", out.name, "--seed", str(seed)]
            write_evaluation(made, out, command, force=force)
    if as_json:
        print(json.dumps(evaluation_record(made), ensure_ascii=False))
        return
    for sentence in in_short(made):
        print(sentence)
    if out is not None:
        print(f"\nEvaluation: {(out / 'evaluation.html').resolve()}")
