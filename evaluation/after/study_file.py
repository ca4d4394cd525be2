"""A study file (TOML) to a `Study`: every mistake that can be seen without the data is told in a sentence.

What needs the data, such as a treated area that is not in them, is told by `build_panel.py`. The keys and their
meanings stand in `study_keys.toml`; `data_samples/alder_falls_study.toml` is a complete example.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from call_codes.errors import PolicyError, RightcallError, UsageError, did_you_mean
from evaluation.after.known_at_creation import check_covariates
from evaluation.after.study import Plan, Study
from evaluation.after.study_check import check_study
from evaluation.after.study_keys import check_keys, study_keys
from evaluation.after.study_outcomes import (
    named_tables,
    read_outcomes,
    read_predictors,
    read_study_tables,
)
from evaluation.after.study_sections import (
    read_areas,
    read_comparison,
    read_cost,
    read_edge,
    read_period,
    read_program,
    read_team,
)

_SECTIONS: Final = (
    "period", "program", "comparison", "areas", "tables", "outcomes", "placebo_outcomes", "predictors",
    "synthetic_control", "team", "costs", "plan",
)  # fmt: skip


def load_study(path: str | Path) -> Study:
    """The study at `path`. Raises UsageError (and PolicyError for hours or a policy) for the first mistake."""
    path = Path(path)
    raw = _read(path)
    try:
        study = _study(path, raw)
        check_study(study)
    except PolicyError:
        raise
    except RightcallError as error:
        raise type(error)(f"in {path.name}: {error.found}", error.expected, error.action) from error
    return study


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            found=f"no study file {path} ({error.strerror})",
            expected="the path of a study file, such as study.toml",
            action="check the path",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            found=f"{path.name} is not valid TOML ({error})",
            expected='lines such as question = "…", and text in quotes',
            action="correct the line named",
        ) from error


def _study(path: Path, raw: Mapping[str, Any]) -> Study:
    known = [*study_keys()["top"], *_SECTIONS]
    for key in raw:
        if key not in known:
            raise UsageError(
                found=f'the key "{key}", which does not exist.{did_you_mean(key, known)}',
                expected=f"one of: {', '.join(known)}",
                action="correct the spelling",
            )
    top = check_keys({k: v for k, v in raw.items() if k not in _SECTIONS}, "top", "the study's first lines")
    for section in ("period", "program", "comparison", "outcomes", "tables"):
        if section not in raw:
            raise UsageError(
                found=f"no [{section}]",
                expected="the sections period, program, comparison, tables and outcomes",
                action="no comparison area means no estimate: name areas without the program, or write "
                'areas = "all_others"'
                if section == "comparison"
                else f"add [{section}]; data_samples/alder_falls_study.toml is a pattern",
            )
    calls, tables = read_study_tables(raw["tables"])
    outcomes = (
        *read_outcomes(raw["outcomes"], "outcomes", calls, tables),
        *read_outcomes(raw.get("placebo_outcomes", {}), "placebo_outcomes", calls, tables),
    )
    covariates = tuple(top.get("covariates", ()))
    check_covariates(covariates)
    return Study(
        path=path,
        question=top["question"],
        unit=top.get("unit", "area_period"),
        calls=calls,
        tables=tables,
        outcomes=outcomes,
        program=read_program(raw["program"]),
        comparison=read_comparison(raw["comparison"]),
        period=read_period(raw["period"]),
        areas=read_areas(raw.get("areas", {})),
        exposure=top.get("exposure", "days"),
        covariates=covariates,
        dag=tuple(read_edge(text) for text in top.get("dag", ())),
        team=read_team(raw["team"]) if "team" in raw else None,
        costs=tuple(read_cost(name, cost) for name, cost in named_tables(raw.get("costs", {}), "costs")),
        plan=Plan(**check_keys(raw.get("plan", {}), "plan", "[plan]")),
        predictors=read_predictors(raw.get("predictors", {}), calls, tables),
        fit_first=check_keys(raw["synthetic_control"], "synthetic_control", "[synthetic_control]")[
            "fit_first"
        ]
        if "synthetic_control" in raw
        else None,
    )
