"""A condition on rows, written in SQL as in `offense = 'TRESPASS' and district in ('6', '4')`, and nothing more.

A study file is passed from hand to hand, so a condition must not be able to do anything but look at one row: no
query inside it (which could open any file), nothing that counts or ranks over rows (which would let the period
after the launch decide what counts before it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from call_codes.errors import UsageError, did_you_mean

_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
_NOT_OF_ONE_ROW: Final = re.compile(
    r"\b(select|from|over|exists|with|union|join|into|read_\w+|scan_\w+)\b|\b(columns|unnest|explode)\s*\(|"
    r"\b(sum|avg|mean|count|min|max|median|std\w*|var\w*|first|last|row_number|rank|dense_rank|quantile\w*|"
    r"array_agg|string_agg|corr|covar\w*|lag|lead|nth_value|bool_and|bool_or|approx_\w+)\s*\(|;|--|/\*",
    re.IGNORECASE,
)
# Also inside quotes: how a parser reads a quote after a backslash or a dollar sign is its own affair.
_QUERY: Final = re.compile(r"\(\s*(select|with|values|table|from)\b|/\*|\\'", re.IGNORECASE)
_EXAMPLE: Final = "a condition on the columns of one row, such as offense = 'TRESPASS' and priority <> '1'"


def parse_condition(condition: str, where: str) -> pl.Expr:
    """The condition as an expression; `where` says in errors where it stands, as in 'where of outcomes.arrests'.

    Raises UsageError for anything but an expression that looks at one row.
    """
    outside = _QUOTED.sub("''", condition)
    forbidden = _NOT_OF_ONE_ROW.search(outside) or _QUERY.search(condition)
    if forbidden:
        raise UsageError(
            found=f'"{forbidden[0].strip()}" in {where}',
            expected=f"{_EXAMPLE}; no query, no comment, no function over several rows",
            action="write the condition without it",
        )
    try:
        expression = pl.sql_expr(condition)
        named = expression.meta.output_name() if expression.meta.root_names() else ""
    except (pl.exceptions.PolarsError, pl.exceptions.SQLInterfaceError) as error:
        raise UsageError(
            found=f"{where} = {condition!r}, which is no condition ({str(error).splitlines()[0]})",
            expected=f"{_EXAMPLE}; text in single quotes",
            action="correct the condition",
        ) from error
    if re.search(r"\bas\s+\w+\s*$", outside, re.IGNORECASE) and not outside.rstrip().endswith(")"):
        raise UsageError(
            found=f'a name ("as {named}") in {where}',
            expected=_EXAMPLE,
            action="leave the name away",
        )
    return expression


def columns_of(condition: str, where: str) -> tuple[str, ...]:
    """The columns that a condition looks at, sorted; errors as parse_condition."""
    return tuple(sorted(set(parse_condition(condition, where).meta.root_names())))


def holds(condition: str, table: pl.DataFrame | pl.LazyFrame, where: str) -> pl.Expr:
    """The condition, checked against the columns of `table`: true where it holds, false where it is unknown.

    In a table of texts, a column whose filled cells are all numbers may be compared with a number. Raises
    UsageError for a column that is not there, or a comparison that its type does not allow.
    """
    expression = parse_condition(condition, where)
    schema = table.collect_schema()
    _check_columns(expression.meta.root_names(), list(schema), where)
    empty = pl.DataFrame(schema=schema)
    error = _fault(expression, empty)
    if error is not None:
        texts = [c for c in set(expression.meta.root_names()) if schema[c] == pl.String]
        numbers = [c for c in texts if _all_numbers(table, c)]
        as_numbers = {c: pl.col(c).str.strip_chars().cast(pl.Float64, strict=False) for c in numbers}
        if numbers and _fault(expression, empty.with_columns(**as_numbers)) is None:
            # Only this condition sees the numbers; others may compare the same column with text.
            return _on_numbers(condition, as_numbers)
        raise UsageError(
            found=f"{where} = {condition!r}, which does not fit the columns ({error})",
            expected=f"{_EXAMPLE}; columns of text are compared with text in single quotes",
            action="correct the condition",
        )
    return expression.fill_null(False)


def _on_numbers(condition: str, as_numbers: dict[str, pl.Expr]) -> pl.Expr:
    expression = pl.sql_expr(condition)
    names = sorted(set(expression.meta.root_names()))
    return (
        pl.struct(as_numbers.get(name, pl.col(name)).alias(name) for name in names)
        .map_batches(
            lambda rows: rows.struct.unnest().select(expression.fill_null(False).alias("holds")).to_series(),
            return_dtype=pl.Boolean,
        )
        .fill_null(False)
    )


def _check_columns(names: Sequence[str], known: Sequence[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(
                found=f'the column "{name}" in {where}, which the table does not have.{did_you_mean(name, known)}',
                expected=f"one of its columns: {', '.join(known)}",
                action="correct the name; text belongs in single quotes",
            )


def _fault(expression: pl.Expr, empty: pl.DataFrame) -> str | None:
    """Why the expression gives no yes or no on such a table, or None."""
    try:
        dtype = empty.select(expression.alias("holds")).schema["holds"]
    except pl.exceptions.PolarsError as error:
        return str(error).splitlines()[0]
    return None if dtype == pl.Boolean else f"it gives {dtype}, not yes or no"


def _all_numbers(table: pl.DataFrame | pl.LazyFrame, column: str) -> bool:
    text = pl.col(column).str.strip_chars()
    filled = text.is_not_null() & (text != "")
    unread = (filled & text.cast(pl.Float64, strict=False).is_null()).any()
    return not table.lazy().select(unread.fill_null(False)).collect().item()
