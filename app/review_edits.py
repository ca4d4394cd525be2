"""What was changed in the table of call types, as decisions: pure, so that it can be tested without a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from app.review_form import danger_found
from app.review_state import with_keys
from app.review_words import type_name
from call_codes.crosswalk import NO_HAZARD, ordered_hazard
from call_codes.signing import Decision

OWN: Final = "own_category"
DANGER: Final = "own_danger"


@dataclass(frozen=True)
class Edits:
    """decisions: rows whose category or danger was set anew. taken_back: types whose own category was emptied, with
    code_key and text_key. faults: what is wrong, in sentences; nothing is to be written then."""

    decisions: tuple[Decision, ...]
    taken_back: tuple[dict[str, Any], ...]
    faults: tuple[str, ...]


def edits_of(
    types: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame, reviewer: str, day: str
) -> Edits:
    """The difference between the table as it was shown and as it is now.

    types: call_type_code, call_type, hazard, hazard_kinds (what was found, which stands where no danger is given; a
    danger that is only suspected has to be judged); before, after: OWN (String, null = no decision), DANGER (List of hazard kinds,
    empty or null = not judged); the same rows in the same order.
    """
    decisions, taken_back, faults = [], [], []
    rows = zip(with_keys(types).to_dicts(), before.to_dicts(), after.to_dicts(), strict=True)
    for kind, was, now in rows:
        category, danger = now[OWN] or None, ordered_hazard("|".join(now[DANGER] or ()))
        if (category, danger) == (was[OWN] or None, ordered_hazard("|".join(was[DANGER] or ()))):
            continue
        if category is not None and not danger:
            danger = ordered_hazard("|".join(danger_found(kind["hazard"], kind["hazard_kinds"])))
        name = type_name(kind["call_type_code"], kind["call_type"])
        if category is None:
            if was[OWN]:
                taken_back.append(kind)
            else:
                faults.append(f"{name}: a danger without a category. Choose a category as well.")
        elif not danger:
            faults.append(
                f"{name}: the model suspects a danger. Choose what the wording states, or that none is."
            )
        elif NO_HAZARD in danger.split("|") and danger != NO_HAZARD:
            faults.append(f"{name}: “no danger is stated” beside a danger. Take one of them away.")
        else:
            decisions.append(
                Decision(
                    category=category,
                    reviewer=reviewer,
                    date=day,
                    code=kind["call_type_code"] or "",
                    text=kind["call_type"] or "",
                    hazard=danger,
                )
            )
    return Edits(tuple(decisions), tuple(taken_back), tuple(faults))
