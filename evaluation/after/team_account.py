"""What the team did, in one place: visits and diversions, officer hours saved, and what it all cost."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from call_codes.errors import InputError
from evaluation.after.build_panel import BuiltPanel
from evaluation.after.cohort import Cohort, offered
from evaluation.after.costs import cost_table, price_years
from evaluation.after.deflection import Deflection, deflection
from evaluation.after.hours_saved import HoursSaved, hours_saved
from evaluation.after.run_checks import Answered
from evaluation.after.study import Study
from evaluation.after.visits import Visits, read_visits

_COLUMNS = (
    "call_id", "area", "day", "category", "eligible", "in_hours", "offered", "police_sent", "team_sent", "police_hours",
)  # fmt: skip


@dataclass(frozen=True)
class TeamAccount:
    """visits and deflection: None without [team]; saved and costs: None where they cannot be computed, with why."""

    visits: Visits | None = None
    deflection: Deflection | None = None
    saved: HoursSaved | None = None
    costs: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()


def team_account(study: Study, cohort: Cohort | None, days: int, *, seed: int = 0) -> TeamAccount:
    """Deflection, hours and cost of a study. days: from the first start to the end of the data."""
    if study.team is None:
        return TeamAccount(
            notes=("The study has no [team]: what the team did, and what it cost, is not known.",)
        )
    visits = read_visits(study)
    calls = None
    if cohort is not None:
        calls = offered(cohort.table, study.program.starts).select(_COLUMNS).collect()
    found = deflection(visits, calls)
    notes = list(visits.notes)
    if calls is None:
        notes.append("Without [tables.calls], officer hours saved and costs per call cannot be computed.")
        return TeamAccount(visits, found, notes=tuple(notes))
    try:
        saved = hours_saved(calls, visits.table, seed=seed)
    except InputError as error:
        return TeamAccount(visits, found, notes=(*notes, f"Officer hours saved: {error}"))
    served = found.table.filter(pl.col("who_sent") == "all")["served"][0]
    if not study.costs or not served or not saved.offered_calls:
        return TeamAccount(
            visits, found, saved, notes=(*notes, "Costs need [costs], served visits and eligible calls.")
        )
    diverted = found.diverted
    costs = cost_table(
        study.costs,
        years=days / 365.25,
        eligible_calls=saved.offered_calls,
        served_calls=served,
        diverted_calls=(diverted.low, diverted.numerator, diverted.high) if diverted else None,
        hours_saved=saved.total,
        hours_draws=saved.draws,
        seed=seed,
    )
    several = price_years(study.costs)
    return TeamAccount(visits, found, saved, costs, (*notes, several) if several else tuple(notes))


def answered(account: TeamAccount, built: BuiltPanel, most: tuple[float | None, str]) -> Answered:
    """Served visits (else all visits) in all and by area; most: what one call can hold, as `most_per_call` has it."""
    per_call, of_what = most
    if account.visits is None:
        return Answered(per_call=per_call, of_what=of_what)
    table = account.visits.table
    if table["served"].is_not_null().any():
        table = table.filter(pl.col("served").fill_null(False))
    by_area = None
    if table["area"].is_not_null().any():
        counts = table.drop_nulls("area").group_by("area").len().sort("area")
        by_area = {
            str(area): float(count) for area, count in counts.iter_rows() if area in built.panel.treated_areas
        }
    return Answered(float(table.height), by_area, per_call, of_what)
