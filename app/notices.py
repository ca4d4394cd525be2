"""What a reader must know before the figures: said first on the command line, in the report and in the app.

Not every fault of the data belongs here; only those that would make a careful person misread the answer itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.facts import Facts
from calls.problems import Problem

_DAYS_COVERED = 0.95
_MANY = 0.2


def data_notices(problems: Sequence[Problem], facts: Facts, grain: str, *, times: bool) -> tuple[str, ...]:
    """Sentences about days that are missing, codes without meaning, types that are blank, and units that are not there.

    grain: of the layout. times: whether any unit-hours could be measured. Often there is nothing to say.
    """
    notices = []
    if facts.first is not None and facts.last is not None:
        days = facts.last // 86400 - facts.first // 86400 + 1
        if facts.days_with_calls < _DAYS_COVERED * days:
            notices.append(
                f"The export holds calls on {facts.days_with_calls:,} of the {days:,} days from its first to its "
                "last: totals are not those of the whole period."
            )
    for problem in problems:
        if problem.total and problem.count / problem.total >= _MANY:
            share = f"{problem.count / problem.total:.0%} of calls"
            if problem.name == "code_without_text":
                notices.append(
                    f"{share} carry only a code whose meaning the export does not say, so they could not be "
                    "classified. Put the agency's code list into the same folder, declare a code-book "
                    "(--code-book), or sign a crosswalk."
                )
            if problem.name == "blank_call_type":
                notices.append(f"{share} have no call type, so they could not be classified.")
    if grain == "call" and times:
        notices.append(
            "The export has one row for each call, so it tells the time of one unit per call. Where more were sent, their "
            "time is missing: read every figure in unit-hours, its high end too, as “at least”."
        )
    return tuple(notices)
