"""Can the program have done it at all: the mechanical bound, and more effect where there was more program.

748 answered calls cannot remove 1,400 reports. An effect beyond what the answered calls could hold is a sign of
something else, or of a change in what gets recorded.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from evaluation.after.area_matrix import area_matrix
from evaluation.after.panel import Panel
from evaluation.after.results import Check, Effect, Refusal

LEAST_AREAS_DOSE = 5
DRAWS = 4_999


def treated_cells(panel: Panel) -> int:
    """Used area-periods with the program."""
    return panel.used.filter(pl.col("treated") == 1).height


def total_change(effect: Effect, cells: int) -> tuple[float, float | None, float | None] | None:
    """The effect summed over all treated area-periods, with its interval; None where the baseline is not known."""
    if effect.scale == "difference":
        each, factor = (effect.estimate, effect.low, effect.high), float(cells)
    elif effect.baseline is None:
        return None
    else:
        low, high = (None if end is None else end - 1 for end in (effect.low, effect.high))
        each, factor = (effect.estimate - 1, low, high), effect.baseline * cells
    low, high = (None if end is None else end * factor for end in each[1:])
    return each[0] * factor, low, high


def mechanical_bound_check(
    effect: Effect,
    cells: int,
    answered_calls: float | None,
    per_call: float | None = 1.0,
    of_what: str = "one per call",
) -> Check:
    """Effect over all treated area-periods against answered calls × what one call can hold of the outcome.

    per_call: reports, arrests or hours that one answered call can take away at most (1 for reports and arrests) and
    of_what: what that is; None: not known, and of_what says why.
    passed: True where even the larger end of the interval stays below, False where even the smaller end does not
    or, without an interval, the estimate does not; None between, or without the number of answered calls.
    """
    name, label = "mechanical_bound", "Can so few calls have changed so much? (mechanical bound)"
    if per_call is None:
        return Check(name, label, None, of_what)
    if answered_calls is None:
        return Check(
            name,
            label,
            None,
            "The study has no list of the team's visits, so the calls it answered are not known.",
        )
    total = total_change(effect, cells)
    if total is None:
        return Check(name, label, None, "What would have been expected without the program is not known.")
    most = answered_calls * per_call
    central = abs(total[0])
    ends = [one for one in total[1:] if one is not None]
    if len(ends) < 2:
        smallest = largest = central
    else:
        smallest = 0.0 if min(ends) <= 0 <= max(ends) else min(abs(one) for one in ends)
        largest = max(abs(one) for one in ends)
    if smallest > most:
        passed, verdict = False, f"{answered_calls:,.0f} answered calls cannot do this"
    elif largest <= most:
        passed, verdict = True, "The answered calls could hold it"
    elif central > most:
        passed, verdict = (
            None,
            f"The estimate is more than {answered_calls:,.0f} answered calls could hold; only the smaller part of its interval is possible",
        )
    else:
        passed, verdict = None, "The estimate is possible, the larger part of its interval is not"
    sentence = (
        f"{verdict}: the effect adds up to {total[0]:+,.0f} over {cells:,} area-periods, the answered calls could change at most "
        f"{most:,.0f} ({answered_calls:,.0f} calls × {per_call:.3g}, {of_what}). Beyond that, other causes or other recording must be at work."
    )
    table = pl.DataFrame(
        {
            "figure": ["effect in total", "low", "high", "answered calls", "most that they could change"],
            "value": [*total, answered_calls, most],
        },
        schema={"figure": pl.String, "value": pl.Float64},
    )
    return Check(name, label, passed, sentence, table)


def dose_check(
    panel: Panel, outcome: str, effect: Effect, visits_by_area: dict[str, float] | None, *, seed: int = 0
) -> Check:
    """Did the outcome change more where the team did more? Spearman correlation over program areas, permuted.

    Change: mean after the area's start ÷ mean before it, relative to the same in the comparison areas; dose:
    visits per treated period. passed: True with the sign of a working program at p ≤ 0.10, False with the
    opposite one, None between, with fewer than five program areas, or without visits. table: area, dose, change.
    """
    from scipy import stats

    name, label = "dose", "More change where there was more program (dose)"
    if visits_by_area is None:
        return Check(name, label, None, "The study has no list of the team's visits by area.")
    matrix = area_matrix(panel, outcome, name)
    if isinstance(matrix, Refusal):
        return Check(name, label, None, matrix.found)
    rows = []
    for place in np.flatnonzero(matrix.ever):
        start = int(matrix.start[place])
        own, others = matrix.values[place], matrix.values[~matrix.ever].mean(axis=0)
        before = own[:start].mean() * others[start:].mean()
        if before > 0:
            dose = visits_by_area.get(matrix.areas[place], 0.0) / (len(matrix.periods) - start)
            rows.append(
                (matrix.areas[place], dose, float(own[start:].mean() * others[:start].mean() / before - 1))
            )
    table = pl.DataFrame(
        rows, schema={"area": pl.String, "dose": pl.Float64, "change": pl.Float64}, orient="row"
    )
    if table.height < LEAST_AREAS_DOSE or table["dose"].n_unique() < 2 or table["change"].n_unique() < 2:
        return Check(
            name, label, None, f"{table.height} program areas with a known dose: too few to compare.", table
        )
    dose, change = (stats.rankdata(table[column].to_numpy()) for column in ("dose", "change"))
    real = float(np.corrcoef(dose, change)[0, 1])
    shuffled = np.random.default_rng(seed).permuted(np.tile(dose, (DRAWS, 1)), axis=1)
    other = ((shuffled - dose.mean()) @ (change - change.mean())) / (len(dose) * dose.std() * change.std())
    p_value = float((1 + (np.abs(other) >= abs(real) - 1e-12).sum()) / (DRAWS + 1))
    down = effect.estimate < (1 if effect.scale == "rate_ratio" else 0)
    fits = real < 0 if down else real > 0
    passed = fits if p_value <= 0.10 else None
    verdict = {
        True: "The outcome changed more where the team did more",
        False: "The outcome changed less where the team did more",
        None: "No link between the team's visits and the change was detected",
    }[passed]
    sentence = f"{verdict} (rank correlation {real:+.2f} over {len(dose)} program areas, p = {p_value:.3f})."
    return Check(name, label, passed, sentence, table)
