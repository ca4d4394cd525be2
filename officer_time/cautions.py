"""What a reader must know before the numbers: which stamps cannot bear the weight, and what was assumed.

The words and figures come from the rows of the answer itself. A stamp that a system fills in by itself looks
perfect and measures nothing; one that is missing for every fifth call bends every number that needs it.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from officer_time.answer import Answer
from officer_time.units_sent import MULTI_UNIT_RULES

# A caution is worth its line from here on.
_MANY_COPIED: Final = 0.5
_MANY_MISSING: Final = 0.1
_MUCH_IMPUTED: Final = 0.1
_MUCH_SHARED: Final = 0.02


@lru_cache(maxsize=1)
def definitions() -> dict[str, dict[str, dict[str, str]]]:
    """Label and definition of every number, under "hours" and "minutes" (see definitions.toml)."""
    with (Path(__file__).parent / "definitions.toml").open("rb") as file:
        return tomllib.load(file)


def assumptions(found: Answer, multi_unit_rule: str) -> list[str]:
    """What was assumed, always said: units per call, officers per unit, the cap, how quantiles were taken."""
    question = found.question
    width = {1: "to the second", 60: "to the whole minute below", None: "not computed: too many groups"}
    return [
        MULTI_UNIT_RULES[multi_unit_rule],
        question.officers.sentence,
        f"A unit's span of more than {question.cap_hours:g} hours was most likely never cleared and is not measured.",
        f"Medians and 90th percentiles are exact {width[found.bin_seconds]}."
        if found.bin_seconds
        else f"Medians and 90th percentiles are {width[None]}.",
    ]


def cautions(found: Answer) -> list[str]:
    """Sentences about stamps that would make a careful person misread the table; often none."""
    said = []
    stamps, total = found.stamps, found.total.row(0, named=True)
    copied = _share(stamps["enroute_as_assigned"], stamps["enroute_known"])
    if copied is not None and copied >= _MANY_COPIED:
        said.append(
            f"Enroute equals assigned to the second in {_of(copied, stamps, 'enroute_as_assigned', 'enroute_known')} "
            "unit rows that have both: travel minutes start at the assignment there and hold the time to get going."
        )
    missing = _share(stamps["arrival_missing"], stamps["assigned"])
    if missing is not None and missing >= _MANY_MISSING:
        said.append(
            f"The arrival is missing in {_of(missing, stamps, 'arrival_missing', 'assigned')} unit rows that were "
            "assigned: travel, on-scene and response minutes rest on the others, which need not be like them."
        )
    if total["unit_hours"] is None:
        said.append("No unit's time could be measured: the export has no pair of usable times for it.")
    elif (total["imputed_share"] or 0) >= _MUCH_IMPUTED:
        said.append(
            f"{total['imputed_share']:.0%} of the unit-hours rest on imputation: quote the range and not the middle."
        )
    summed, merged = total["unit_hours_low"], total["merged_unit_hours"]
    if summed and merged is not None and (summed - merged) / summed >= _MUCH_SHARED:
        said.append(
            f"Units were on two calls at once for {summed - merged:,.0f} of {summed:,.0f} hours = "
            f"{(summed - merged) / summed:.0%}: the sum over calls holds these twice, merged unit-hours do not."
        )
    return said


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _of(share: float, stamps: dict[str, Any], part: str, whole: str) -> str:
    return f"{share:.0%} ({stamps[part]:,} of {stamps[whole]:,}) of the"
