"""The main job: from a city's export to classified calls, officer time and the cascade, in one call.

The command line, the report and the pages all run this, so they cannot disagree. It only puts the steps in
order; every number comes from the folders that the steps belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

import polars as pl

from app.facts import Facts, facts_of
from app.notices import data_notices
from app.settings import Settings
from app.sources import open_sources
from call_codes.code_books import with_code_books
from call_codes.crosswalk import Crosswalk, load_crosswalk
from call_codes.policy import Policy, load_policy
from calls.chosen_layout import layout_of_sources
from calls.code_lists import find_code_list
from calls.detection import Detection, check_call_type
from calls.ingest import Ingested, Workspace, ingest
from calls.layouts import load_layout
from calls.patterns import find_patterns
from calls.place_keys import PlaceSource, read_key
from calls.problems import Problem, problem_table
from calls.raw_table import RawTable
from calls.schema import hour_of_week
from calls.stream import RawStream
from classifier.assign import assign_types, distinct_types
from classifier.classify import classify_types
from classifier.eligibility import add_eligibility
from classifier.eligible_share import EligibleShare
from classifier.local import Recalibration, learn_locally
from classifier.probabilities import category_probabilities
from classifier.remembered import RememberedModel
from evaluation.before.call_kinds import CallKinds
from evaluation.before.call_paths import PATH_KEYS
from evaluation.before.cascade import Cascade, cascade, cascade_of_cells
from evaluation.before.eligible_range import denominator_types, eligible_range
from officer_time.cells import HOURS, category_means, roll_up, time_cells, with_hours
from officer_time.measures import officer_time

if TYPE_CHECKING:
    from classifier.model import TypeModel

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
CELL_KEYS: Final = BREAKDOWNS[-1]
TYPE_KEYS: Final = ("call_type_code", "call_type")
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
    """A file that was read, by name and content. Code lists found beside an export are inputs as well."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Job:
    """Everything that a run found out.

    crosswalk: what was signed, with the declared code-books behind it. recalibration: what the signed types say about
    the text model, None where too few are signed. calls and units are lazy, because there may be a hundred million
    of them: the standard tables with category, hazard and hour_of_week. types are the distinct call types, and
    probabilities (classifier.probabilities) what else each could be; cells the additive table behind officer_time; denominator_types
    (evaluation.before.eligible_range) how many calls of each type the cascade's shares are taken of.
    """

    files: tuple[InputFile, ...]
    settings: Settings
    detection: Detection
    policy: Policy
    crosswalk: Crosswalk | None
    recalibration: Recalibration | None
    cleaned: Ingested
    calls: pl.LazyFrame
    units: pl.LazyFrame
    facts: Facts
    types: pl.DataFrame
    probabilities: pl.DataFrame
    means: pl.DataFrame
    cells: pl.DataFrame
    officer_time: dict[tuple[str, ...], pl.DataFrame]
    cascade: Cascade
    denominator_types: pl.DataFrame
    expected: EligibleShare
    problems: pl.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Recognised:
    """The columns of the files as they were recognised: `first` is the first file, or its first rows."""

    detection: Detection
    first: RawTable


def run_job(
    settings: Settings,
    progress: Callable[[str], None] = lambda step: None,
    recognised: Callable[[Recognised], None] = lambda found: None,
) -> Job:
    """Run the main job. `progress` is called with the name of each step (see STEPS) as it starts, `recognised` once
    the columns are known, also where no call type is among them.

    Raises RightcallError in a sentence for what is wrong with the files or the settings.
    """
    # The small choices are checked first: nobody should wait for a big file to learn of a misspelt policy.
    policy = load_policy(settings.policy)
    crosswalk = decisions(settings)
    if settings.layout:
        load_layout(settings.layout)
    progress(STEPS[0])
    workspace = Workspace()
    sources = open_sources(settings)
    progress(STEPS[1])
    detection = layout_of_sources(
        sources,
        settings.layout,
        time_zone=settings.time_zone,
        repair_half_day_slips=settings.repair_half_day_slips,
        need_call_type=False,
    )
    first = sources[0].sample if isinstance(sources[0], RawStream) else sources[0]
    recognised(Recognised(detection, first))
    check_call_type(detection, first)
    progress(STEPS[2])
    cleaned = ingest(
        sources,
        detection.layout,
        workspace,
        guessed=not detection.named,
        drifting=settings.layout is None,
        places=PlaceSource(settings.place_columns, read_key(settings.place_key))
        if settings.place_key
        else None,
    )
    exports = [source.path for source in sources]
    lists = [find_code_list(x, exports) for x in detection.layout.code_lists.values()]
    files = tuple(InputFile(x.path.name, x.sha256) for x in (*sources, *lists) if x is not None)
    del sources
    return analyse(files, settings, detection, cleaned, policy, crosswalk, progress)


def decisions(settings: Settings) -> Crosswalk | None:
    """What people signed and what the declared code-books say; None where there is neither.

    Raises CodeBookError for a faulty or contradicting file, and for an unknown code-book.
    """
    needed = 2 if settings.two_signatures else 1
    crosswalk = load_crosswalk(settings.crosswalk, signatures=needed) if settings.crosswalk else None
    return with_code_books(crosswalk, settings.code_books)


def analyse(
    files: tuple[InputFile, ...],
    settings: Settings,
    detection: Detection,
    cleaned: Ingested,
    policy: Policy,
    crosswalk: Crosswalk | None,
    progress: Callable[[str], None] = lambda step: None,
) -> Job:
    """The steps after cleaning, so that a page can ask again under other decisions without reading again."""
    progress(STEPS[3])
    distinct = distinct_types(cleaned.calls)
    # The model's answers are remembered: a city that asks again waits for no model.
    remembered = cast("TypeModel", RememberedModel())
    adjusted, recalibration = learn_locally(distinct, crosswalk, remembered)
    model = adjusted or remembered
    classified = classify_types(distinct, crosswalk=crosswalk, model=model)
    probabilities = category_probabilities(classified, crosswalk=crosswalk, model=model)
    calls, units = (
        assign_types(rows, classified).with_columns(
            hour_of_week(pl.col("started_local")).alias("hour_of_week")
        )
        for rows in (cleaned.calls, cleaned.units)
    )
    progress(STEPS[4])
    cap = settings.cap_hours
    cells = time_cells(calls, units, CELL_KEYS, cap)
    means = category_means(cells)
    cells = with_hours(cells, means, cap)
    tables = {by: officer_time(calls, units, cells, by, cap) for by in BREAKDOWNS}
    by_type = with_hours(time_cells(calls, units, (*TYPE_KEYS, "category"), cap), means, cap)
    progress(STEPS[5])
    facts = facts_of(calls, units, cap)
    found = _unexplained(cleaned.problems, classified)
    types = add_eligibility(classified, policy).join(
        by_type.select(*TYPE_KEYS, HOURS[1]),
        on=TYPE_KEYS,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    counts = denominator_types(calls)
    guessed = (classified["basis"] == "model").any()
    return Job(
        files=files,
        settings=settings,
        detection=detection,
        policy=policy,
        crosswalk=crosswalk,
        recalibration=recalibration,
        cleaned=cleaned,
        calls=calls,
        units=units,
        facts=facts,
        types=types,
        probabilities=probabilities,
        means=means,
        cells=cells,
        officer_time=tables,
        cascade=cascade(calls, units, means, policy, cap),
        denominator_types=counts,
        expected=eligible_range(counts, classified, probabilities, policy),
        problems=problem_table(_problems(cleaned, found, facts)),
        warnings=(
            *data_notices(found, facts, detection.layout.grain, times=cells[HOURS[1]].is_not_null().any()),
            *(crosswalk.notices if crosswalk else ()),
            *(model.warnings_ if guessed else ()),
        ),
    )


def under_policy(job: Job, policy: Policy, kinds: CallKinds) -> Job:
    """The same calls under another policy: no call is read again. kinds: evaluation.before.call_kinds of the job."""
    cells = roll_up(kinds.cells(policy.hours), PATH_KEYS)
    return replace(
        job,
        settings=replace(job.settings, policy=policy.id),
        policy=policy,
        types=add_eligibility(job.types, policy),
        cascade=cascade_of_cells(cells, job.means, policy, job.settings.cap_hours),
        expected=eligible_range(job.denominator_types, job.types, job.probabilities, policy),
    )


def _unexplained(problems: Sequence[Problem], classified: pl.DataFrame) -> list[Problem]:
    """The problems, where codes without a text count only as far as no crosswalk or code-book explains them."""
    bare = int(classified.filter(pl.col("basis") == "bare_code")["calls"].sum())
    return [replace(p, count=min(p.count, bare)) if p.name == "code_without_text" else p for p in problems]


def _problems(cleaned: Ingested, found: Sequence[Problem], facts: Facts) -> list[Problem]:
    """The faults of the data, those that show over months, and who started calls as it stands after the types."""
    unknown = int(facts.initiated_by.filter(pl.col("initiated_by") == "unknown")["calls"].sum())
    return [
        *(p for p in found if p.name != "initiator_unknown"),
        Problem("initiator_unknown", unknown, facts.calls),
        *(pattern.problem for pattern in find_patterns(cleaned.calls)),
    ]
