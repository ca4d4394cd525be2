"""Does the effect hang on one area: each left out in turn, donors dropped, neighbors of the program looked at."""

from __future__ import annotations

import polars as pl

from evaluation.after.panel import Panel
from evaluation.after.results import Check, Effect, Refusal
from evaluation.after.versions import (
    Estimate,
    Version,
    agreement,
    detected,
    in_words,
    size,
    version_table,
    with_starts,
    without_areas,
)

HEAVY_DONOR = 0.05


def leave_one_area_out_check(
    panel: Panel, outcome: str, estimate: Estimate, main: Effect, *, most: int = 40
) -> Check:
    """Every area left out in turn; with more than `most` areas only the program's, those with most of the outcome.

    passed as in `agreement`; with one program area only the comparison areas are left out.
    """
    name, label = "leave_one_area_out", "Without any one area (leave-one-area-out)"
    program, others = panel.treated_areas, panel.comparison_areas
    left = [*(program if len(program) > 1 else ()), *others]
    if len(left) > most:
        sizes = (
            panel.used.group_by("area")
            .agg(pl.col(outcome).sum())
            .sort(outcome, "area", descending=[True, False])
        )
        among = program if len(program) > 1 else others
        left = [area for area in sizes["area"] if area in among][:most]
    versions = [
        Version(
            "program area" if area in program else "comparison area",
            area,
            estimate(without_areas(panel, [area]), outcome),
        )
        for area in left
    ]
    passed, sentence = agreement(main, versions)
    done = [(one.label, one.effect) for one in versions if isinstance(one.effect, Effect)]
    if done:
        area, effect = max(done, key=lambda pair: abs(size(pair[1]) - size(main)))
        sentence += f" The area that matters most is {area}: without it {in_words(effect)}."
    return Check(name, label, passed, sentence, version_table(versions))


def donor_drop_check(panel: Panel, outcome: str, estimate: Estimate, main: Effect) -> Check:
    """A synthetic control without each of its heavy donors (weight of 5 % or more). passed as in `agreement`."""
    name, label = "donor_drop", "Without any one heavy donor (donor drop)"
    if main.weights is None:
        return Check(name, label, None, "This design has no donors.")
    heavy = (
        main.weights.filter(pl.col("weight") >= HEAVY_DONOR)
        .sort("weight", descending=True)["donor"]
        .to_list()
    )
    versions = [Version("donor", one, estimate(without_areas(panel, [one]), outcome)) for one in heavy]
    passed, sentence = agreement(main, versions)
    return Check(name, label, passed, sentence, version_table(versions))


def neighbors_check(panel: Panel, outcome: str, estimate: Estimate, main: Effect) -> Check:
    """Spill-over: the areas next to the program's as if they had it, and the main effect without them.

    passed: False where the neighbors show a detected effect or the main verdict changes without them; None
    without a list of neighbors, without such areas, or without a valid test.
    """
    name, label = "spill_over", "Areas next door (spill-over ring)"
    if panel.neighbors is None:
        return Check(
            name,
            label,
            None,
            "The study does not say which areas touch: add areas with polygons, or neighbors.",
        )
    program, others = panel.treated_areas, panel.comparison_areas
    starts = dict(
        panel.table.filter(pl.col("start").is_not_null()).select("area", "start").unique().iter_rows()
    )
    first: dict[str, int] = {}
    for area in program:
        for neighbor in panel.neighbors.get(area, ()):
            if neighbor in others:
                first[neighbor] = min(first.get(neighbor, starts[area]), starts[area])
    if not first:
        why = f"None of the {len(others)} comparison areas touches a program area, so there is no area next door to look at."
        return Check(name, label, None, why)
    if len(first) == len(others):
        why = (
            f"All {len(others)} comparison areas touch a program area. Whether the program also changed its neighbors cannot "
            "be checked here, for no area further off is left to compare them with. This says nothing against the result; "
            "had the neighbors changed with it, the effect would be misjudged by as much."
        )
        return Check(name, label, None, why)
    ring = estimate(with_starts(without_areas(panel, program), first), outcome)
    far = estimate(without_areas(panel, list(first)), outcome)
    versions = [
        Version("ring", f"the {len(first)} areas next to the program, as if they had it", ring),
        Version(
            "without ring",
            f"the program, compared with the {len(others) - len(first)} areas further off",
            far,
        ),
    ]
    table = version_table(versions)
    if isinstance(ring, Refusal) or detected(ring) is None:
        why = ring.found if isinstance(ring, Refusal) else "No valid test."
        return Check(name, label, None, f"The areas next door could not be tested. {why}", table)
    lost = isinstance(far, Effect) and (not _same(far, main))
    passed = not (detected(ring) or lost)
    verdict = (
        "The areas next door changed, too"
        if detected(ring)
        else "In the areas next door no change is detected"
    )
    sentence = f"{verdict} ({in_words(ring)}, p = {ring.p_value.value:.3f})."  # type: ignore[union-attr]
    if isinstance(far, Effect):
        sentence += f" Compared with areas further off only, the effect is {in_words(far)} (with all: {in_words(main)})."
    return Check(name, label, passed, sentence, table)


def _same(one: Effect, other: Effect) -> bool:
    return detected(other) is not True or (detected(one) is not False and size(one) * size(other) > 0)
