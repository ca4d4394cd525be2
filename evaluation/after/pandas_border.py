"""The border to libraries that want pandas: a copy through numpy, column by column, and their warnings held back.

Nothing else in the project builds a pandas frame. The copy needs no pyarrow, and since it is a copy, no library
can change our table.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pandas as pd


def to_pandas(table: pl.DataFrame) -> pd.DataFrame:
    """The table as a pandas frame with the same columns.

    Numbers without nulls keep their type; numbers with nulls become float with NaN; Boolean stays Boolean (0/1
    floats would make some of DoWhy's refuters pass always); Date and Datetime become datetime64; the rest
    becomes Python objects.
    """
    import pandas as pd

    columns = {}
    for column in table.iter_columns():
        series = column.cast(pl.Float64) if column.dtype.is_integer() and column.null_count() else column
        if series.dtype.is_numeric() or series.dtype == pl.Boolean or series.dtype.is_temporal():
            columns[series.name] = series.to_numpy(allow_copy=True).copy()
        else:
            columns[series.name] = series.cast(pl.String).to_numpy(allow_copy=True)
    return pd.DataFrame(columns)


@contextmanager
def held_back() -> Iterator[None]:
    """Run a library with its warnings and log lines held back; what matters in them, we test for ourselves."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)
