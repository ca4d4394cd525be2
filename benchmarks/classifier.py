"""Scores the classifier on the labelled call types and writes its card, classifier/MODEL_CARD.md.

    python -m benchmarks.classifier                 # the whole card, with both halves of the yardstick
    python -m benchmarks.classifier --seen          # prints the scores of the seen half alone; writes nothing

The labels are those of ../shared/data/labelled_call_types.csv, which are no part of the project; nothing is learned
from them. Cities outside the seen half are scored only: no error of theirs is printed anywhere.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.machine import description
from benchmarks.optional_evidence import Outcome
from benchmarks.optional_evidence import measure as measure_evidence
from benchmarks.yardstick import (
    Part,
    UnsafeAccepts,
    calibration_error,
    calibration_table,
    coverage,
    macro_f1,
    part,
    read_labels,
    unsafe_accepts,
    with_scores,
)

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
CARD = ROOT / "classifier" / "MODEL_CARD.md"
PLOT = ROOT / "classifier" / "calibration.svg"
TEMPLATE = "model_card.md.jinja"
SPEED_TYPES = 10_000


@dataclass(frozen=True)
class Score:
    """One group of types: how many answers are right, how well the probabilities fit, what a person is left."""

    name: str
    right: Part
    macro_f1: float
    calibration_error: float
    covered: Part
    without_person: Part
    right_without_person: Part
    hazards_found: Part
    false_alarms: Part


def score(name: str, rows: pl.DataFrame) -> Score:
    """The Score of scored rows (see `yardstick.with_scores`); hazards by the labels' danger 2 and danger 0."""
    alone = rows.filter(~pl.col("needs_review"))
    return Score(
        name,
        part(rows["right"]),
        macro_f1(rows),
        calibration_error(rows),
        coverage(rows),
        part(~rows["needs_review"]),
        part(alone["right"]),
        part(rows.filter(pl.col("danger") == 2)["hazard"]),
        part(rows.filter(pl.col("danger") == 0)["hazard"]),
    )


def groups_of(rows: pl.DataFrame) -> list[Score]:
    """Scores of all rows, of those whose text is not in the vocabulary, and of those the raters were sure of."""
    kinds = {
        "all types": pl.lit(True),
        "text not in our vocabulary": ~pl.col("known"),
        "raters were sure": pl.col("sure"),
    }
    return [score(name, rows.filter(rule)) for name, rule in kinds.items() if rows.filter(rule).height]


def by_category(rows: pl.DataFrame) -> pl.DataFrame:
    """Per label: types, right and types not in the vocabulary, most types first."""
    return (
        rows.group_by("label")
        .agg(pl.len().alias("types"), pl.col("right").sum(), (~pl.col("known")).sum().alias("new"))
        .sort("types", "label", descending=[True, False])
    )


def held_out_styles() -> dict[str, float]:
    """Scores on held-out naming styles as `python -m classifier.model --calibrate` left them; see held_out.py."""
    from classifier.store import CALIBRATION_FILE

    return dict(tomllib.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))["held_out"])


def seconds_for_types(count: int) -> tuple[float, float]:
    """Wall and processor seconds of a new process that classifies so many distinct types of the vocabulary.

    The model is stored already. Processor seconds say what the job costs where other work shares the machine.
    """
    script = f"""
import polars as pl
from classifier import classify_types
from classifier.vocabulary import load_vocabulary
names = list(dict.fromkeys(load_vocabulary().texts))[:{count}]
assert len(names) == {count}
types = pl.DataFrame({{"call_type": names}}).with_columns(pl.lit(None, pl.String).alias("call_type_code"))
classify_types(types, crosswalk=None)
"""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("classifying the types failed")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def calibration_plot(tables: dict[str, pl.DataFrame]) -> str:
    """An SVG of said against right, one line per half of the yardstick, with the line of perfect calibration."""
    import altair as alt
    import vl_convert

    points = pl.concat(table.with_columns(pl.lit(name).alias("half")) for name, table in tables.items())
    shown = alt.Chart(alt.Data(values=points.to_dicts()))
    lines = shown.mark_line(point=True).encode(
        x=alt.X("said:Q", title="probability said", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("right:Q", title="share right", scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("half:N", title=None, scale=alt.Scale(range=["#0072B2", "#B5500A"])),
        strokeDash=alt.StrokeDash("half:N", title=None),
    )
    ideal = alt.Chart(alt.Data(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    ideal_line = ideal.mark_line(color="#444444", strokeDash=[2, 2]).encode(x="x:Q", y="y:Q")
    chart = (ideal_line + lines).properties(width=320, height=320)
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def evidence_rows(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """One line of the card per city and kind of evidence."""
    return [
        {
            "city": o.city,
            "evidence": o.evidence,
            "without": o.without,
            "with_it": o.with_it,
            "change": o.with_it.right - o.without.right,
        }
        for o in outcomes
    ]


def main() -> None:
    """Measure, and write the card or print the scores."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument(
        "--seen", action="store_true", help="print the scores of the seen half; write nothing"
    )
    options.add_argument(
        "--held-out", action="store_true", help="measure held-out styles anew (about 5 minutes)"
    )
    chosen = options.parse_args()
    if not (DATA / "labelled_call_types.csv").is_file():
        raise SystemExit(
            f"Found: no labelled call types in {DATA.relative_to(ROOT.parent)}. Expected: labelled_call_types.csv, "
            "which is no part of this project. To do: place it there, or read classifier/MODEL_CARD.md as it is."
        )
    from call_codes.policy import policy_names
    from call_codes.taxonomy import load_taxonomy
    from classifier import classify_types
    from classifier.classify import PLAUSIBLE_FLOOR, REVIEW_BELOW
    from classifier.vocabulary import load_vocabulary

    vocabulary = load_vocabulary()
    labels = read_labels(DATA)
    if chosen.seen:
        labels = labels.filter(pl.col("half") == "seen")
    rows = with_scores(classify_types(labels, crosswalk=None), frozenset(vocabulary.texts))
    halves = {name: rows.filter(pl.col("half") == name) for name in rows["half"].unique().sort()}
    if chosen.seen:
        for found in groups_of(halves["seen"]):
            print(found)
        return
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    unsafe: list[UnsafeAccepts] = unsafe_accepts(rows, policy_names())
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: f"{100 * value:.1f} %"
    card = environment.get_template(TEMPLATE).render(
        machine=description(),
        halves={name: groups_of(half) for name, half in halves.items()},
        cities=[
            (score(city, own), score(city, own.filter(~pl.col("known"))), own["half"][0])
            for (city,), own in rows.sort("half", "city").group_by("city", maintain_order=True)
        ],
        categories={name: by_category(half).to_dicts() for name, half in halves.items()},
        category_labels={c.id: c.label for c in load_taxonomy().categories.values()},
        calibration={name: calibration_table(half).to_dicts() for name, half in halves.items()},
        unsafe=unsafe,
        unsafe_worst=max(unsafe, key=lambda found: found.eligible.right),
        held_out=held_out_styles(),
        review=REVIEW_BELOW,
        plausible=PLAUSIBLE_FLOOR,
        evidence=evidence_rows(measure_evidence(DATA, unseen=True)),
        types=len(vocabulary),
        distinct=len(set(vocabulary.texts)),
        styles=len(set(vocabulary.styles)),
        speed_types=SPEED_TYPES,
        speed_seconds=seconds_for_types(SPEED_TYPES),
        plot=PLOT.name,
    )
    PLOT.write_text(
        calibration_plot({name: calibration_table(half) for name, half in halves.items()}), encoding="utf-8"
    )
    CARD.write_text(card, encoding="utf-8")
    print(f"Wrote {CARD.relative_to(ROOT)} and {PLOT.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
