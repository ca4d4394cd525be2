"""The calls of a study: from a folder of results of `rightcall run`, a rightcall.toml, or an export."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from call_codes.errors import InputError, UsageError
from call_codes.policy import load_policy
from evaluation.after.cohort import StudyCalls
from evaluation.after.study import Study


def study_calls(study: Study, progress: Callable[[str], None] = lambda step: None) -> StudyCalls | None:
    """The classified calls that [tables.calls] names, or None where the study has none.

    The study's own policy decides who is eligible, whatever the run was made with. Raises RightcallError in a sentence
    for a folder without results and for what run_job refuses.
    """
    if study.calls is None:
        return None
    named = study.calls
    policy = str(study.file(named.policy)) if named.policy.endswith(".toml") else named.policy
    path = study.file(named.run)
    if path.is_dir():
        if named.crosswalk is not None:
            raise UsageError(
                found="a crosswalk beside a folder of results, whose calls are classified already",
                expected="one of the two",
                action="run rightcall run with the crosswalk, or name the export in place of the folder",
            )
        if not (path / "run.json").is_file():
            raise InputError(
                found=f"the folder {named.run} without results of rightcall run (no run.json)",
                expected="the --out folder of rightcall run, a rightcall.toml, or an export",
                action="correct run in [tables.calls]",
            )
        calls, units = (pl.scan_parquet(path / f"{name}.parquet") for name in ("calls", "units"))
        return StudyCalls(calls, units, load_policy(policy))
    from app.job import run_job
    from app.settings import Settings, read_settings, with_options

    settings = read_settings(path) if path.suffix == ".toml" else Settings(files=(path,))
    crosswalk = study.file(named.crosswalk) if named.crosswalk else None
    job = run_job(with_options(settings, policy=policy, crosswalk=crosswalk), progress)
    return StudyCalls(job.calls, job.units, job.policy, settings.cap_hours, job.cleaned.workspace)
