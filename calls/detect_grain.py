"""What one row of a file is: a call, a unit on a call, or an agency on a call.

Where call numbers repeat, the column that differs between the rows of a call says why. An agency appears once on
a call and units of one agency may appear several times; that is what tells the two apart.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from calls.draft import Draft

_REPEATED: Final = 0.02  # below this share, repeated call numbers are accidents
_EXPLAINED: Final = 0.5
_ONCE_EACH: Final = 0.95


def find_grain(draft: Draft) -> str:
    """call, unit or agency; a question is put to a person where the rows do not settle it."""
    if "unit_id" in draft.columns and not draft.has_values(draft.columns["unit_id"][0]):
        draft.ask("Is a row a call or a unit? The file has a unit column and no rows that could tell.")
    if "call_id" not in draft.columns:
        return "call"
    names = {
        name: draft.columns[name][0] for name in ("call_id", "unit_id", "agency") if name in draft.columns
    }
    rows = draft.sample.unique().select(pl.col(source).alias(name) for name, source in names.items())
    rows = rows.filter(pl.col("call_id").is_not_null())
    n_calls = rows["call_id"].n_unique()
    repeated = rows.height - n_calls
    if repeated <= _REPEATED * rows.height:
        return "call"
    by_unit = _told_apart(rows, "unit_id", n_calls) > _EXPLAINED * repeated
    # Each agency once on a call: nearly every repetition is another agency.
    by_agency = _told_apart(rows, "agency", n_calls) >= _ONCE_EACH * repeated
    if by_agency:
        what = "a unit or an agency" if by_unit else "a call or an agency"
        draft.ask(
            f'Is a row {what} on a call? It was read as an agency: "{names["agency"]}" differs between rows of a call.'
        )
        return "agency"
    if by_unit:
        return "unit"
    draft.ask(
        f'Why do numbers in "{names["call_id"]}" repeat? Neither units nor agencies tell the rows apart; the first '
        "row of each number is used."
    )
    return "call"


def _told_apart(rows: pl.DataFrame, column: str, n_calls: int) -> int:
    """How many repetitions of a call number bring another value of the column."""
    if column not in rows.columns:
        return 0
    return rows.select("call_id", column).drop_nulls().n_unique() - n_calls
