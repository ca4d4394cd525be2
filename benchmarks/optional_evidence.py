"""Does what else an export says about a type make its category more certain? Volume, priority, origin, own grouping.

Volume, priority and origin are read in steps; how often a group of categories shows a step is learned from the OTHER
seen cities and multiplied onto the model's probabilities (naive Bayes). An agency's own grouping is words, so it is put
before the text; nothing is learned for it. The model card shows the result, also where it does not help.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.yardstick import SEEN_CITIES, Part, part, read_labels, with_scores
from call_codes.taxonomy import load_taxonomy

SMOOTHING = 1.0


@dataclass(frozen=True)
class CityFile:
    """A city's calls, and its columns: the type's text, and what else may speak for a category ("" where absent)."""

    city: str
    file: str
    call_type: str
    priority: str = ""
    origin: str = ""
    grouping: str = ""


CITY_FILES = (
    CityFile("Burlington", "burlington_2022.csv", "call_type", "priority", "call_origin", "call_type_group"),
    CityFile("Minneapolis", "minneapolis_2020.csv", "initialProblem", "initialPriority", "911 Call"),
    CityFile("San Antonio", "san_antonio_2022-2026.parquet", "ProblemType", grouping="Category"),
)


@dataclass(frozen=True)
class Outcome:
    """Types right without and with one kind of evidence in one city; only types that its calls file names."""

    city: str
    evidence: str
    without: Part
    with_it: Part


def evidence_of(source: CityFile, data: Path) -> pl.DataFrame:
    """One row per call type: call_type, volume (1, 10, 100, …), priority, origin, grouping: the most frequent value."""
    path = data / source.file
    calls = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    named = {"priority": source.priority, "origin": source.origin, "grouping": source.grouping}
    return (
        calls.group_by(pl.col(source.call_type).alias("call_type"))
        .agg(
            pl.len().log10().floor().cast(pl.String).alias("volume"),
            *(
                (
                    pl.col(column).cast(pl.String).drop_nulls().mode().sort().first()
                    if column
                    else pl.lit(None)
                )
                .cast(pl.String)
                .alias(name)
                for name, column in named.items()
            ),
        )
        .sort("call_type")
    )


def _plain(name: str, column: str) -> pl.Expr:
    """The column in a form that cities share: the priority's digit; whether the call came over 911."""
    text = pl.col(column).cast(pl.String)
    if name == "priority":
        return text.str.extract(r"(\d+)")
    return text.str.contains(r"(?i)^(?:911|yes)$").cast(pl.String) if name == "origin" else text


def measure(data: Path, *, unseen: bool) -> list[Outcome]:
    """Each kind of evidence in each city that has it. unseen: also in cities outside the seen half."""
    from classifier import category_probabilities, classify_types

    groups = {category.id: category.group for category in load_taxonomy().categories.values()}
    cities: dict[str, pl.DataFrame] = {}
    for source in CITY_FILES:
        own = read_labels(data).filter(
            (pl.col("city") == source.city) & ((pl.col("half") == "seen") | unseen)
        )
        if own.height:
            own = own.join(evidence_of(source, data), on="call_type", how="inner", maintain_order="left")
            cities[source.city] = with_scores(classify_types(own, crosswalk=None), frozenset())
    outcomes = []
    for city, types in cities.items():
        if types["grouping"].null_count() < types.height:
            named = pl.concat_str("grouping", "call_type", separator=": ", ignore_nulls=True)
            prefixed = types.with_columns(named.alias("call_type"))
            answer = with_scores(classify_types(prefixed, crosswalk=None), frozenset())
            outcomes.append(
                Outcome(city, "agency's own grouping", part(types["right"]), part(answer["right"]))
            )
        # Only seen cities teach: the others are scored, never learned from.
        others = [other for name, other in cities.items() if name in SEEN_CITIES and name != city]
        shares = category_probabilities(types, crosswalk=None)
        for evidence in ("volume", "priority", "origin"):
            known = [other for other in others if other[evidence].null_count() < other.height]
            if known and types[evidence].null_count() < types.height:
                updated = _updated(types, shares, pl.concat(known), evidence, groups)
                right = (updated == types["label"]) | (updated == types["alt"])
                first = shares.group_by("type_row", maintain_order=True).first()["category"]
                plain = (first == types["label"]) | (first == types["alt"])
                outcomes.append(Outcome(city, evidence, part(plain), part(right)))
    return outcomes


def _updated(
    types: pl.DataFrame, shares: pl.DataFrame, others: pl.DataFrame, evidence: str, groups: dict[str, str]
) -> pl.Series:
    """The likeliest category per type after the evidence, by the counts of group × step in the other cities."""
    counts: dict[tuple[str, str], float] = {}
    of_group: dict[str, float] = {}
    for label, step in others.select("label", evidence).iter_rows():
        counts[groups[label], step] = counts.get((groups[label], step), 0.0) + 1
        of_group[groups[label]] = of_group.get(groups[label], 0.0) + 1
    steps = max(others[evidence].n_unique(), 2)
    own_steps = types[evidence].to_list()
    weighed = [
        probability
        * (counts.get((groups[category], own_steps[row]), 0.0) + SMOOTHING)
        / (of_group.get(groups[category], 0.0) + SMOOTHING * steps)
        for row, category, probability in shares.select("type_row", "category", "probability").iter_rows()
    ]
    ranked = shares.with_columns(pl.Series("weighed", weighed)).sort(
        "type_row", "weighed", "category", descending=[False, True, False]
    )
    return ranked.group_by("type_row", maintain_order=True).first()["category"]
