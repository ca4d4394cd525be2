"""The main job: from a city's export to classified calls, officer time and the cascade, in one call.

The command line, the report and the pages all run this, so they cannot disagree. It only puts the steps in
order; every number comes from the folders that the steps belong to.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from app.settings import Settings
from call_codes.crosswalk import Crosswalk, load_crosswalk
from call_codes.errors import UsageError
from call_codes.policy import Policy, load_policy
from calls.clean import Cleaned, clean
from calls.detection import Detection, detect_layout
from calls.layouts import load_layout
from calls.problems import problem_table
from calls.read import RawTable, read_table
from classifier.assign import assign_types, distinct_types
from classifier.classify import classify_types
from classifier.encoders import ClassifierWarning
from classifier.eligibility import add_eligibility
from evaluation.before.cascade import Cascade, cascade
from officer_time.measures import call_minutes, hours_of_calls, officer_time, police_unit_hours

# The tables of officer_time.csv. Each adds up to the same calls and hours.
BREAKDOWNS: Final[tuple[tuple[str, ...], ...]] = (
    ("category",),
    ("initiated_by",),
    ("category", "initiated_by"),
    ("area",),
    ("hour_of_week",),
    ("category", "area"),
    ("category", "hour_of_week"),
    ("category", "initiated_by", "hour_of_week", "area"),
)
STEPS: Final = (
    "Reading the files",
    "Recognising the columns",
    "Cleaning",
    "Classifying the call types",
    "Measuring officer time",
    "Following the calls through the policy",
)


@dataclass(frozen=True)
class InputFile:
    """A file that was read, by name and content."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Job:
    """Everything that a run found out. `calls` are classified; `types` are the distinct call types."""

    files: tuple[InputFile, ...]
    settings: Settings
    detection: Detection
    policy: Policy
    crosswalk: Crosswalk | None
    cleaned: Cleaned
    calls: pl.DataFrame
    types: pl.DataFrame
    unit_hours: pl.DataFrame
    officer_time: dict[tuple[str, ...], pl.DataFrame]
    cascade: Cascade
    problems: pl.DataFrame
    warnings: tuple[str, ...]


def run_job(settings: Settings, progress: Callable[[str], None] = lambda step: None) -> Job:
    """Run the main job. `progress` is called with the name of each step (see STEPS) as it starts.

    Raises RightcallError in a sentence for what is wrong with the files or the settings.
    """
    if not settings.files:
        raise UsageError(
            found="no file to read.",
            expected="the path of at least one calls-for-service export.",
            action="Name it: rightcall run calls.csv --out results",
        )
    # The small choices are checked first: nobody should wait for a big file to learn of a misspelt policy.
    policy = load_policy(settings.policy)
    crosswalk = load_crosswalk(settings.crosswalk) if settings.crosswalk else None
    chosen = load_layout(settings.layout) if settings.layout else None
    progress(STEPS[0])
    raws = [read_table(path) for path in settings.files]
    progress(STEPS[1])
    detection = (
        Detection(
            chosen, True, dict.fromkeys(chosen.columns, 1.0), dict.fromkeys(chosen.columns, "chosen"), ()
        )
        if chosen
        else detect_layout(raws[0])
    )
    progress(STEPS[2])
    cleaned = clean(raws, detection.layout, guessed=not detection.named)
    files = tuple(InputFile(raw.path.name, raw.sha256, raw.rows_read) for raw in raws)
    del raws
    return analyse(files, settings, detection, cleaned, policy, crosswalk, progress)


def analyse(
    files: tuple[InputFile, ...],
    settings: Settings,
    detection: Detection,
    cleaned: Cleaned,
    policy: Policy,
    crosswalk: Crosswalk | None,
    progress: Callable[[str], None] = lambda step: None,
) -> Job:
    """The steps after cleaning, so that a page can ask again with another policy without reading again."""
    progress(STEPS[3])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ClassifierWarning)
        classified = classify_types(distinct_types(cleaned.calls), crosswalk=crosswalk)
    calls = assign_types(cleaned.calls, classified)
    progress(STEPS[4])
    calls = call_minutes(calls, settings.cap_hours)
    unit_hours = police_unit_hours(calls, cleaned.units, settings.cap_hours)
    hours = hours_of_calls(unit_hours)
    tables = {by: officer_time(calls, unit_hours, by) for by in BREAKDOWNS}
    progress(STEPS[5])
    types = _types_with_hours(add_eligibility(classified, policy), calls, hours)
    return Job(
        files=files,
        settings=settings,
        detection=detection,
        policy=policy,
        crosswalk=crosswalk,
        cleaned=cleaned,
        calls=calls,
        types=types,
        unit_hours=unit_hours,
        officer_time=tables,
        cascade=cascade(calls, hours, policy),
        problems=problem_table(cleaned.problems),
        warnings=tuple(str(w.message) for w in caught if issubclass(w.category, ClassifierWarning)),
    )


def _types_with_hours(types: pl.DataFrame, calls: pl.DataFrame, hours: pl.DataFrame) -> pl.DataFrame:
    """Unit-hours of the calls that have each type as their initial one; null where no hours are known."""
    keys = ["call_type_code", "call_type"]
    known = hours["unit_hours"].is_not_null().any()
    by_type = (
        calls.select("call_id", *keys)
        .join(hours.select("call_id", "unit_hours"), on="call_id", how="left")
        .group_by(keys)
        .agg(pl.col("unit_hours").sum() if known else pl.lit(None, pl.Float64).alias("unit_hours"))
    )
    return types.join(by_type, on=keys, how="left", nulls_equal=True, maintain_order="left")


def digest_of(files: Sequence[RawTable] | Sequence[InputFile]) -> str:
    """One hash for several inputs, in their order: what a cache may key on."""
    return hashlib.sha256("\n".join(file.sha256 for file in files).encode()).hexdigest()


def as_paths(names: Sequence[str | Path]) -> tuple[Path, ...]:
    """File names as paths."""
    return tuple(Path(name) for name in names)
