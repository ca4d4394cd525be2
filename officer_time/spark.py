"""The same measures inside Spark: for a state or a nation, or where the data already lives in a cluster.

Nothing is written twice. Each partition's rows go as Arrow batches to the Polars functions of `answer`, which
return small additive tallies; the tallies are added up and finished here. Only what needs the rows of one key
together, a unit's overlapping spans, is shuffled: by unit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from call_codes.errors import UsageError
from officer_time.answer import Question, Side, prepared, side_bins, side_cells
from officer_time.canonical import CALLS_FILE, UNITS_FILES, Canonical
from officer_time.overlaps import add_merged_seconds
from officer_time.spans import CAP_HOURS

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

Tally = Callable[[pl.LazyFrame], pl.DataFrame]
_BATCH_ROWS: Final = 200_000
_SPARK_TYPES: Final = {
    pl.String: "string",
    pl.Boolean: "boolean",
    pl.Int8: "tinyint",
    pl.Int16: "smallint",
    pl.Int32: "int",
    pl.Int64: "bigint",
    pl.Float64: "double",
}


class SparkEngine:
    """As answer.Engine, over the partitions of a Spark session."""

    def __init__(self, session: Any, canonical: Canonical, types: pl.DataFrame) -> None:
        if canonical.folder is None:
            raise AssertionError("Spark reads the canonical tables from their folder")
        self.session, self.folder = session, canonical.folder
        # Spark knows no Enum: the same words as text.
        self.types = types.with_columns(pl.col(pl.Enum).cast(pl.String))

    def cells(self, side: Side, question: Question) -> pl.DataFrame:
        """answer.side_cells of every partition, added up."""
        types = self.types

        def tally(rows: pl.LazyFrame) -> pl.DataFrame:
            return side_cells(prepared(rows, types, question), side, question)

        keys = [*dict.fromkeys([*question.by, "category"]), "in_denominator"]
        return self._added(side, question, tally, keys)

    def bins(self, side: Side, question: Question, width_seconds: int | None) -> pl.DataFrame:
        """answer.side_bins of every partition, added up."""
        types = self.types

        def tally(rows: pl.LazyFrame) -> pl.DataFrame:
            return side_bins(prepared(rows, types, question), side, question, width_seconds)

        return self._added(side, question, tally, [*question.by, "measure", "seconds"])

    def _added(self, side: Side, question: Question, tally: Tally, keys: Sequence[str]) -> pl.DataFrame:
        rows = self._rows(side, question)
        return added(per_partition(rows, tally, keys), keys).sort(keys)

    def _rows(self, side: Side, question: Question) -> Any:
        if side == "calls":
            return self.session.read.parquet(str(self.folder / CALLS_FILE))
        # Spark's own file pattern is the same as ours.
        units = self.session.read.parquet(str(self.folder / UNITS_FILES))
        if question.cap_hours == CAP_HOURS:
            return units
        cap = question.cap_hours

        def merged(rows: pl.LazyFrame) -> pl.LazyFrame:
            return add_merged_seconds(rows.drop("merged_seconds"), ("unit_id",), cap)

        # A unit without a name cannot overlap itself; grouped by no name all such rows would meet in one place.
        unnamed = units.filter("unit_id is null").mapInArrow(_per_batch(merged), _schema_of(units, merged))
        return together(units.filter("unit_id is not null"), "unit_id", merged).unionByName(unnamed)


def added(partial: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Tallies one below the other as one: every column that is no key is summed by the keys. Unsorted."""
    sums = [c for c in partial.columns if c not in keys]
    return partial.group_by(keys).agg(pl.col(sums).sum())


def per_partition(rows: Any, tally: Tally, keys: Sequence[str]) -> pl.DataFrame:
    """`tally` of the rows of each partition (Spark DataFrame), one below the other: mapInArrow.

    A partition's batches are added up by `keys` where they are: sent one by one they would outgrow Spark's results.
    """
    schema = tally(_empty(rows)).schema
    # The same types from every partition, whatever a partition without rows would make of them.
    kinds: Any = dict(schema)

    def of_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        found: pl.DataFrame | None = None
        for batch in batches:
            one = tally(pl.DataFrame(pl.from_arrow(batch)).lazy()).cast(kinds)
            found = one if found is None else added(pl.concat([found, one]), keys)
        if found is not None:
            yield from found.select(list(kinds)).cast(kinds).to_arrow().to_batches()

    found = rows.mapInArrow(of_batches, _ddl(schema)).toArrow()
    return pl.DataFrame(pl.from_arrow(found)).cast(kinds)


def together(rows: Any, key: str, function: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Any:
    """`function` of all rows that share `key`, as a Spark DataFrame: applyInArrow, so each key is shuffled once."""
    schema = _schema_of(rows, function)

    def of_group(table: pa.Table) -> pa.Table:
        import pyarrow

        found = function(pl.DataFrame(pl.from_arrow(table)).lazy()).collect().to_arrow()
        # Arrow has two kinds of text; Spark's own is the narrow one.
        return found.cast(pyarrow.schema([(f.name, _narrow(f.type)) for f in found.schema]))

    return rows.groupBy(key).applyInArrow(of_group, schema)


def _per_batch(function: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Any:
    def of_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from function(pl.DataFrame(pl.from_arrow(batch)).lazy()).collect().to_arrow().to_batches()

    return of_batches


def _narrow(kind: Any) -> Any:
    import pyarrow

    return pyarrow.string() if kind in (pyarrow.large_string(), pyarrow.string_view()) else kind


def _empty(rows: Any) -> pl.LazyFrame:
    return pl.DataFrame(pl.from_arrow(rows.limit(0).toArrow())).lazy()


def _schema_of(rows: Any, function: Callable[[pl.LazyFrame], pl.LazyFrame]) -> str:
    return _ddl(function(_empty(rows)).collect_schema())


def _ddl(schema: pl.Schema) -> str:
    return ", ".join(f"`{name}` {_SPARK_TYPES[kind.base_type()]}" for name, kind in schema.items())


@contextmanager
def spark_engine(canonical: Canonical, types: pl.DataFrame, master: str) -> Iterator[SparkEngine]:
    """An engine on a Spark session of its own, which ends with the block.

    master: as Spark names it, such as local[2] or spark://host:7077. Raises UsageError where pyspark or Java is
    missing. On a cluster every worker needs this project installed and the cache folder within reach.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError(
            found="--engine spark, and no pyspark on this machine.",
            expected="the extra that brings it.",
            action='Install it: pip install "rightcall[spark]", and Java 17; or leave --engine away.',
        ) from error
    # The workers run the same Python with the same packages.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if "local" in master:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.appName("rightcall").master(master)
    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(_BATCH_ROWS),
        "spark.sql.shuffle.partitions": "16",
        **(
            {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
            if "local" in master
            else {}
        ),
    }
    for name, value in options.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except PySparkException as error:
        raise UsageError(
            found=f"--engine spark --master {master}, which could not be started ({str(error).splitlines()[0]}).",
            expected="Java 17 or later, and a master that can be reached.",
            action="Try --master local[2], or leave --engine away.",
        ) from error
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield SparkEngine(session, canonical, types)
    finally:
        session.stop()
