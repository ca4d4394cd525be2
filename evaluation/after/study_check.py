"""Whether a study hangs together, as far as it shows without the data: areas, days, windows, the plan."""

from __future__ import annotations

from datetime import date

from call_codes.errors import UsageError, did_you_mean
from evaluation.after.periods import Calendar, whole_periods
from evaluation.after.study import Study

LEAST_PRE_PERIODS = 2


def check_study(study: Study) -> None:
    """Raises UsageError for the first contradiction inside a study."""
    if not any(not outcome.placebo for outcome in study.outcomes):
        raise UsageError(
            found="no outcome in [outcomes]",
            expected="at least one thing that the program may have changed",
            action="add [outcomes.name] with table, better and generated_by",
        )
    names = [outcome.name for outcome in study.outcomes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UsageError(
            found=f'"{twice}" as an outcome and as a placebo outcome',
            expected="one of the two: a placebo is something that the program cannot have changed",
            action="take one out, or rename it",
        )
    if study.unit == "call" and study.calls is None:
        raise UsageError(
            found='unit = "call" without [tables.calls]',
            expected="the calls, when single calls are compared",
            action='add [tables.calls], or write unit = "area_period"',
        )
    linked = next((table for table in study.tables if table.call_id is not None), None)
    if linked is not None and study.calls is None:
        raise UsageError(
            found=f"call_id in [tables.{linked.name}] without [tables.calls]",
            expected="the calls that its rows are linked to",
            action="add [tables.calls], or take call_id out",
        )
    if study.plan.primary_outcome is not None and study.plan.primary_outcome not in names:
        raise UsageError(
            found=f'primary_outcome = "{study.plan.primary_outcome}" in [plan], which is no outcome.'
            + did_you_mean(study.plan.primary_outcome, names),
            expected=f"one of: {', '.join(names)}",
            action="correct the name",
        )
    if study.exposure == "residents" and study.areas.residents is None:
        raise UsageError(
            found='exposure = "residents" without residents in [areas]',
            expected="the column of the areas' table that holds the residents",
            action='add path and residents to [areas], or write exposure = "days"',
        )
    if study.exposure == "open_hours" and study.program.hours is None:
        raise UsageError(
            found='exposure = "open_hours" without hours in [program]',
            expected="the hours of the program",
            action='add hours = "mon-fri 09:00-17:00" to [program], or write exposure = "days"',
        )
    if not 0 < study.plan.alpha < 0.5:
        raise UsageError(
            found=f"alpha = {study.plan.alpha:g} in [plan]",
            expected="a level between 0 and 0.5, most often 0.05",
            action="correct alpha",
        )
    _check_areas(study)
    _check_lot(study)
    _check_days(study)
    _check_predictors(study)


def _check_areas(study: Study) -> None:
    named = study.comparison.areas
    treated = set(study.program.areas)
    if named != "all_others":
        both = sorted(treated & set(named))
        if both:
            raise UsageError(
                found=f"{', '.join(both)} among the program's areas and among the comparison areas",
                expected="each area on one side",
                action="take them out of [comparison]",
            )
        if not set(named) - set(study.comparison.exclude):
            raise UsageError(
                found="no comparison area: areas in [comparison] is empty, or all of it is excluded",
                expected="at least one area without the program; without one, nothing tells the program from "
                "whatever else changed in the city",
                action='name areas, or write areas = "all_others"',
            )
    out = sorted(treated & set(study.comparison.exclude))
    if out:
        raise UsageError(
            found=f"the program's area {', '.join(out)} in exclude of [comparison]",
            expected="areas that are used for nothing; an area with the program is in [program]",
            action="take it out of exclude, or out of the starts",
        )


def _check_lot(study: Study) -> None:
    """A lot is believed only with what was drawn and how, and only where it could have fallen otherwise."""
    program = study.program
    if program.assigned_by != "lot":
        for key in ("drawn", "lot"):
            if getattr(program, key) is not None:
                raise UsageError(
                    found=f'{key} in [program] without assigned_by = "lot"',
                    expected="these keys only where a lot decided",
                    action=f'write assigned_by = "lot", or take {key} out',
                )
        return
    for key, what in (
        ("drawn", 'drawn = "areas" or "order"'),
        ("lot", "how the lot was drawn, in a sentence"),
    ):
        if getattr(program, key) is None:
            raise UsageError(
                found=f'assigned_by = "lot" in [program] without {key}',
                expected=f"{what}: a lot that nobody can check counts as choice",
                action=f"add {key}",
            )
    starts = {day for _, day in program.starts}
    if program.drawn == "order" and len(starts) == 1:
        raise UsageError(
            found=f'drawn = "order" in [program], and all areas start on {min(starts)}',
            expected="two or more start dates, when a lot decided who starts first",
            action='correct the starts, or write drawn = "areas" if the lot decided who gets the program at all',
        )


def _check_days(study: Study) -> None:
    period = study.period
    if period.first and period.last and period.first >= period.last:
        raise UsageError(
            found=f"first = {period.first}, last = {period.last} in [period]",
            expected="a last day after the first",
            action="correct the days",
        )
    for window in period.exclude:
        if window.first > window.last:
            raise UsageError(
                found=f"a window to leave out from {window.first} to {window.last}",
                expected="a last day that is not before the first",
                action="correct the days",
            )
    if period.first and period.last:
        calendar = whole_periods(period.every, period.first, period.last)
        if calendar is None:
            raise UsageError(
                found=f"no whole {period.every} between {period.first} and {period.last}",
                expected=f"several {period.every}s before and after the start",
                action="correct the days in [period]",
            )
        check_calendar(study, calendar, "the study's period")


def _check_predictors(study: Study) -> None:
    """What a predictor rests on lies before the program, or the program could have changed it."""
    start = min(day for _, day in study.program.starts)
    if study.fit_first is not None and not study.predictors:
        raise UsageError(
            found="fit_first in [synthetic_control] without [predictors.name]",
            expected="predictors, whose weights are judged by the course from that day on",
            action="add [predictors.name], or take [synthetic_control] out",
        )
    days = {"fit_first in [synthetic_control]": study.fit_first}
    for one in study.predictors:
        days |= {f"{key} in [predictors.{one.name}]": getattr(one, key) for key in ("first", "last")}
    for name, day in days.items():
        if day is not None and day >= start:
            raise UsageError(
                found=f"{name} = {day}, which is not before the first start ({start})",
                expected="days before the program, which it cannot have changed",
                action="take an earlier day",
            )
    for one in study.predictors:
        if one.first is not None and one.last is not None and one.first > one.last:
            raise UsageError(
                found=f"first = {one.first}, last = {one.last} in [predictors.{one.name}]",
                expected="a last day that is not before the first",
                action="correct the days",
            )


def check_calendar(study: Study, calendar: Calendar, what: str) -> None:
    """Starts inside the calendar, enough periods before the first of them, and something left after exclusions.

    what: whose days they are, as in "the data". Also used once the days of the data are known.
    """
    span = f"{calendar.first} to {calendar.last}"
    outside = [f"{area} ({day})" for area, day in study.program.starts if not _within(day, calendar)]
    if outside:
        raise UsageError(
            found=f"a start outside {what}, which is {span}: {', '.join(outside)}",
            expected=f"starts within {what}, with whole {calendar.every}s before and after",
            action="correct the start, lengthen the period, or name the area in exclude of [comparison] if it is "
            "in the program all along",
        )
    starts = first_treated_periods(study, calendar)
    late = sorted(area for area, number in starts.items() if number >= calendar.count)
    if late:
        raise UsageError(
            found=f"no whole {calendar.every} of {what} ({span}) after the start in {', '.join(late)}",
            expected=f"at least one whole {calendar.every} with the program in each of its areas",
            action="take later data in, or name these areas in exclude of [comparison] and take out their start",
        )
    out = excluded_periods(study, calendar)
    used = [number for number in range(calendar.count) if number not in out]
    if not used:
        raise UsageError(
            found=f"windows to leave out that swallow every {calendar.every} of {what} ({span}): "
            + "; ".join(f"{w.first} to {w.last} ({w.why})" for w in study.period.exclude),
            expected=f"{calendar.every}s that are left, before and after the start",
            action="shorten the windows in exclude of [period]",
        )
    first = min(starts.values())
    before = [number for number in used if number < first]
    if len(before) < LEAST_PRE_PERIODS:
        raise UsageError(
            found=f"{len(before)} {calendar.every}{'' if len(before) == 1 else 's'} before the first start in {what} "
            f"({span}), without those left out",
            expected=f"at least {LEAST_PRE_PERIODS}, better 12 or more: from fewer nobody can tell whether the areas "
            "moved alike before the program",
            action="take earlier data in, or a shorter period (week in place of month)",
        )
    if not any(number >= first for number in used):
        raise UsageError(
            found=f"no whole {calendar.every} after the first start in {what} ({span})",
            expected=f"at least one whole {calendar.every} with the program",
            action="take later data in, or shorten the windows to leave out",
        )


def excluded_periods(study: Study, calendar: Calendar) -> dict[int, str]:
    """Periods that are left out in every area, and why. A window takes out each period that it touches."""
    out = {
        number: window.why
        for window in study.period.exclude
        for number in range(calendar.number(window.first), calendar.number(window.last) + 1)
        if 0 <= number < calendar.count
    }
    if study.program.partial_period == "exclude":
        for number in partial_periods(study, calendar).values():
            out.setdefault(number, "the program starts in the middle of it")
    return dict(sorted(out.items()))


def partial_periods(study: Study, calendar: Calendar) -> dict[str, int]:
    """Areas whose program starts after the first day of a period, with that period."""
    numbers = {area: calendar.number(day) for area, day in study.program.starts}
    return {area: numbers[area] for area, day in study.program.starts if calendar.start(numbers[area]) != day}


def first_treated_periods(study: Study, calendar: Calendar) -> dict[str, int]:
    """The first treated period of each of the program's areas.

    A period in which the program starts after its first day counts as treated only under "fraction"; else the
    next one is the first.
    """
    partial = {} if study.program.partial_period == "fraction" else partial_periods(study, calendar)
    return {area: calendar.number(day) + (area in partial) for area, day in study.program.starts}


def _within(day: date, calendar: Calendar) -> bool:
    return calendar.first < day <= calendar.last
