"""What an evaluator says about a program, as values: the study file once it has been read and found sound.

Everything that an estimate depends on besides the data is here, so that the plan can be locked before the data
are looked at. `study_file.py` reads it from TOML, `build_panel.py` and `cohort.py` make tables of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal

from call_codes.hours import Hours

ALL_OTHERS: Final = "all_others"
CALLS: Final = "calls"
# Which calls an outcome over calls is counted in; judged at creation, so alike before and after, here and there.
AMONG: Final = {
    "eligible_in_hours": "eligible calls within the program's hours",
    "eligible_off_hours": "eligible calls outside the program's hours",
    "eligible": "eligible calls at any hour",
    "not_eligible": "calls that the policy leaves to police",
    "all": "all calls",
}
MEASURES: Final = ("count", "sum", "mean", "share", "unit_hours", "response_minutes", "repeat_share")
# Measures that only calls have, since they need unit times or the standard stamps.
OVER_CALLS: Final = ("unit_hours", "response_minutes")

Measure = Literal["count", "sum", "mean", "share", "unit_hours", "response_minutes", "repeat_share"]


@dataclass(frozen=True)
class CallsTable:
    """Calls as `rightcall run` classifies them.

    run: a folder of its results, a rightcall.toml, or an export. policy: which calls are eligible; crosswalk: the
    reviewers' decisions on types. where: a further condition on eligible calls, on columns known at creation only.
    """

    run: str
    policy: str
    crosswalk: str | None
    where: str | None


@dataclass(frozen=True)
class OutcomeTable:
    """Any other table with a time and an area in each row: reports, arrests, monthly figures.

    through: the day until which the table is complete, where its last row does not tell. where: rows to keep.
    call_id: its column with the number of the call: rows are then linked to calls (`linked_rows.py`).
    """

    name: str
    path: str
    time: str
    area: str
    where: str | None
    through: date | None
    call_id: str | None = None


@dataclass(frozen=True)
class Outcome:
    """One thing that the program may have changed, or, as a placebo, cannot have changed.

    - measure: count of rows; sum or mean of `column`; share of rows for which `event` holds; unit_hours of police;
      response_minutes (received → first arrival, mean); repeat_share (rows followed within `within_days` by
      another one with the same `column`, place_key for calls).
    - where: which rows count, an SQL condition; among: for calls, a key of AMONG.
    - better: "lower", "higher" or "neither" (a sign that means nothing by itself, as repeat calls).
    - generated_by: who creates the rows. An outcome that officers generate falls by itself where officers no
      longer go, without anything having changed for residents.
    """

    name: str
    label: str
    table: str
    measure: Measure
    better: Literal["lower", "higher", "neither"]
    generated_by: Literal["officer", "resident", "both", "team"]
    among: str
    column: str | None
    where: str | None
    event: str | None
    within_days: int
    placebo: bool

    @property
    def is_count(self) -> bool:
        """Whether zero is the value where nothing happened (counts, sums, hours), and not "unknown"."""
        return self.measure in ("count", "sum", "unit_hours")


@dataclass(frozen=True)
class Predictor:
    """A fact in which the areas that stand in for the program area shall be alike: an average before the start.

    number: what is averaged over the periods from the one of `first` to the one of `last` (None: from the study's
    first, to the last before the first start), each period that is known counting the same. No outcome: nothing is
    estimated on it.
    """

    name: str
    number: Outcome
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Program:
    """Where and when the program works. starts: first day per area, sorted by area. hours: None = always open.

    partial_period: what becomes of a period in which the program starts after its first day. "exclude": the
    period is left out in every area, so that all areas keep the same periods; "exclude_area": only there;
    "fraction": it counts as treated, and `treated_share` says for which share of its days.

    assigned_by: "lot" where chance decided; drawn: what it decided; lot: how, so that a critic can check it.
    """

    starts: tuple[tuple[str, date], ...]
    hours: Hours | None
    partial_period: Literal["exclude", "exclude_area", "fraction"]
    assigned_by: Literal["lot", "choice"] | None = None
    drawn: Literal["areas", "order"] | None = None
    lot: str | None = None

    @property
    def areas_by_lot(self) -> bool:
        """A lot over program and comparison areas together decided which of them get the program."""
        return self.assigned_by == "lot" and self.drawn == "areas"

    @property
    def areas(self) -> tuple[str, ...]:
        """The program's areas, sorted."""
        return tuple(area for area, _ in self.starts)


@dataclass(frozen=True)
class Comparison:
    """The areas without the program: named, or "all_others"; `exclude` are used for nothing."""

    areas: tuple[str, ...] | Literal["all_others"]
    exclude: tuple[str, ...]


@dataclass(frozen=True)
class Exclusion:
    """Days that the estimates leave out, both ends included, and why."""

    first: date
    last: date
    why: str


@dataclass(frozen=True)
class Period:
    """Length of a period, and the first and last day of the study (None: as the data have it)."""

    every: Literal["week", "month"]
    first: date | None
    last: date | None
    exclude: tuple[Exclusion, ...]

    @property
    def polars_every(self) -> str:
        """As `Panel.every` has it."""
        return "1w" if self.every == "week" else "1mo"


@dataclass(frozen=True)
class Areas:
    """What is known of the areas: polygons or a table of them, residents, and which areas touch.

    path: a GeoJSON or a table with one row per area; name: its column (property) with the area's name; residents:
    its column of residents. neighbors: an explicit list; neighbors_path: a table with columns area, neighbor.
    """

    path: str | None
    name: str
    residents: str | None
    neighbors: Mapping[str, tuple[str, ...]] | None
    neighbors_path: str | None


@dataclass(frozen=True)
class TeamTable:
    """The responder's own list of visits: which column holds what, and what its words mean.

    who_sent_words: their word → call_taker, police_request, self_initiated. not_served: their words in `outcome`
    for a visit that reached nobody. unit: which team went. Columns that the list does not have are None.
    """

    path: str
    area: str | None
    requested: str | None
    dispatched: str | None
    arrived: str | None
    departed: str | None
    call_id: str | None
    who_sent: str | None
    who_sent_words: Mapping[str, str]
    outcome: str | None
    not_served: tuple[str, ...]
    unit: str | None = None


@dataclass(frozen=True)
class CostInput:
    """A price with its range, its source and its year. Several prices of one kind and basis are added (staff, van).

    basis: "average" (everything that the service costs, divided by what it does) or "marginal" (what one more or
    one less costs now). The two answer different questions and are never added.
    """

    name: str
    per: Literal["officer_hour", "team_year", "team_visit"]
    value: float
    low: float
    high: float
    basis: Literal["average", "marginal"]
    source: str
    year: int


@dataclass(frozen=True)
class Plan:
    """What was decided before the outcomes were looked at. Empty where the study has no plan."""

    primary_outcome: str | None = None
    design: str | None = None
    alpha: float = 0.05
    clusters: Literal["area", "date", "place", "call"] | None = None
    note: str = ""


@dataclass(frozen=True)
class Study:
    """A whole study file. path: where it lies; paths in it are relative to its folder.

    fit_first: first day of the course by which the weights of the predictors are judged; None: the study's first.
    """

    path: Path
    question: str
    unit: Literal["call", "area_period"]
    calls: CallsTable | None
    tables: tuple[OutcomeTable, ...]
    outcomes: tuple[Outcome, ...]
    program: Program
    comparison: Comparison
    period: Period
    areas: Areas
    exposure: Literal["days", "open_hours", "residents"]
    covariates: tuple[str, ...]
    dag: tuple[tuple[str, str], ...]
    team: TeamTable | None
    costs: tuple[CostInput, ...]
    plan: Plan = field(default_factory=Plan)
    predictors: tuple[Predictor, ...] = ()
    fit_first: date | None = None

    def file(self, name: str) -> Path:
        """A path written in the study, relative to the study's folder."""
        return self.path.parent / name

    def outcome(self, name: str) -> Outcome:
        """The outcome or placebo outcome of this name; raises KeyError for another."""
        return {outcome.name: outcome for outcome in self.outcomes}[name]
