"""An outcome of a panel as areas × periods arrays, after the conditions that every area design needs are met.

The designs do arithmetic on these arrays or hand them to a library. Excluded periods are left out and the rest
renumbered, so a start is "after so many used periods".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.panel import Panel
from evaluation.after.results import Refusal


@dataclass(frozen=True)
class AreaMatrix:
    """One outcome, areas in rows (sorted), used periods in columns.

    - values: the outcome; exposure: what counts are divided by; both areas × periods, no missing values.
    - start: how many used periods lie before the program starts in the area; the number of periods where it
      never starts in these data.
    - notes: what was left out on the way, in sentences.
    """

    areas: tuple[str, ...]
    periods: tuple[int, ...]
    values: NDArray[np.float64]
    exposure: NDArray[np.float64]
    start: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    @property
    def ever(self) -> NDArray[np.bool_]:
        """Program areas: they start within the data."""
        return np.asarray(self.start < len(self.periods))

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Areas × periods: True from the start on."""
        return np.asarray(np.arange(len(self.periods))[None, :] >= self.start[:, None])

    @property
    def starts(self) -> tuple[int, ...]:
        """The distinct starts of the program areas, sorted."""
        return tuple(int(one) for one in np.unique(self.start[self.ever]))

    def long(self) -> pl.DataFrame:
        """area (Int64 code), period, start (0 = never), treated, outcome, exposure: one row per area and period.

        Periods count from 1, so that a start of 0 can mean never, as the libraries expect it.
        """
        areas, periods = self.values.shape
        start = np.where(self.ever, self.start + 1, 0)
        return pl.DataFrame(
            {
                "area": np.repeat(np.arange(areas), periods),
                "period": np.tile(np.arange(1, periods + 1), areas),
                "start": np.repeat(start, periods),
                "treated": self.treated.ravel().astype(np.int64),
                "outcome": self.values.ravel(),
                "exposure": self.exposure.ravel(),
            }
        )

    def level_before(self) -> NDArray[np.float64]:
        """Mean outcome of each area before the first start anywhere: the size of the area."""
        return np.asarray(self.values[:, : min(self.starts)].mean(axis=1))


def area_matrix(
    panel: Panel,
    outcome: str,
    design: str,
    *,
    one_start: bool = False,
    comparison: bool = True,
    periods_before: int = 2,
    counts: bool = False,
) -> AreaMatrix | Refusal:
    """The outcome as arrays, or the refusal with its reason.

    one_start: the design cannot take areas that start at different times. comparison: it needs areas that never
    start. periods_before: used periods that the latest start must have before it. counts: no negative values.
    """
    if outcome not in panel.table.columns:
        return Refusal(
            design, f"The panel has no outcome {outcome!r}.", f"One of: {', '.join(panel.outcomes)}."
        )
    notes = []
    table = panel.used.sort("area", "period")
    unknown = (
        table.filter(pl.col(outcome).is_null() | pl.col(outcome).is_nan())["area"].unique().sort().to_list()
    )
    if unknown:
        table = table.filter(~pl.col("area").is_in(unknown))
        notes.append(f"Left out because {outcome} is unknown in some period: {', '.join(unknown)}.")
    if table.is_empty():
        return Refusal(
            design, "No area has a known outcome in every used period.", "A complete outcome column."
        )
    areas = tuple(table["area"].unique().sort().to_list())
    periods = tuple(table["period"].unique().sort().to_list())
    shape = (len(areas), len(periods))
    first_rows = table.group_by("area").agg(pl.col("start").first()).sort("area")
    calendar = np.array([len(periods) + periods[-1] if one is None else one for one in first_rows["start"]])
    start = np.searchsorted(np.array(periods), calendar).astype(np.int64)
    from_the_first = start == 0
    if from_the_first.any():
        names = [area for area, drop in zip(areas, from_the_first, strict=True) if drop]
        notes.append(f"Left out because the program runs there from the first period on: {', '.join(names)}.")
    keep = ~from_the_first
    matrix = AreaMatrix(
        areas=tuple(area for area, kept in zip(areas, keep, strict=True) if kept),
        periods=periods,
        values=table[outcome].to_numpy().astype(np.float64).reshape(shape)[keep],
        exposure=table["exposure"].to_numpy().astype(np.float64).reshape(shape)[keep],
        start=start[keep],
        notes=tuple(notes),
    )
    return refusal(matrix, design, outcome, one_start, comparison, periods_before, counts) or matrix


def refusal(
    matrix: AreaMatrix,
    design: str,
    outcome: str,
    one_start: bool,
    comparison: bool,
    periods_before: int,
    counts: bool,
) -> Refusal | None:
    """The first condition that these data do not meet, or None."""
    if not matrix.ever.any():
        return Refusal(
            design,
            "No area starts the program within the data (or it runs there from the first period on).",
            "At least one area with periods before and after its start.",
        )
    if comparison and matrix.ever.all():
        return Refusal(
            design,
            f"All {len(matrix.areas)} areas get the program: there is no comparison area.",
            "Areas that do not get the program within the data; with none, an interrupted time series.",
        )
    if one_start and len(matrix.starts) > 1:
        return Refusal(
            design,
            f"The program starts in {len(matrix.starts)} different periods.",
            "One start for all program areas; or the staggered designs.",
        )
    if max(matrix.starts) < periods_before:
        return Refusal(
            design,
            f"Only {max(matrix.starts)} used period(s) before the program starts.",
            f"At least {periods_before} periods before the start, so that the earlier course can be seen.",
        )
    if float(np.ptp(matrix.values)) == 0.0 or not np.isfinite(matrix.values).all():
        return Refusal(design, f"{outcome} has the same value everywhere.", "An outcome that varies.")
    if counts and (matrix.values < 0).any():
        return Refusal(
            design, f"{outcome} has negative values.", "Counts (0, 1, 2 …), or the design for means."
        )
    if counts and matrix.values[matrix.ever].sum() == 0:
        return Refusal(
            design, f"{outcome} never happens in the program areas.", "An outcome that happens there."
        )
    return None
