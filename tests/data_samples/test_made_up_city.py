"""The made-up city as its script builds it: the same bytes every time, a truth that an estimate can find."""

from __future__ import annotations

import gzip
import tomllib
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data_samples.city import HERE, beat_corners, load_city, points_inside, wave_of_beat
from data_samples.make_samples import CAD_FILE, build
from data_samples.program import Served
from data_samples.truth import as_toml

CITY = load_city()


@pytest.fixture(scope="module")
def built() -> tuple[Served, dict[str, bytes]]:
    return build(CITY)


@pytest.fixture(scope="module")
def served(built: tuple[Served, dict[str, bytes]]) -> Served:
    return built[0]


def test_remaking_gives_the_committed_files(built: tuple[Served, dict[str, bytes]]) -> None:
    for name, content in built[1].items():
        committed = (HERE / name).read_bytes()
        if name == CAD_FILE:  # another zlib may pack differently: the text inside is what must not change
            assert gzip.decompress(content) == gzip.decompress(committed), f"{name} is out of date"
            continue
        assert content == committed, f"{name} is out of date: run python -m data_samples.make_samples"


def test_two_runs_give_identical_bytes(built: tuple[Served, dict[str, bytes]]) -> None:
    assert build(load_city())[1] == built[1]


def test_the_gzip_header_carries_no_time(built: tuple[Served, dict[str, bytes]]) -> None:
    assert built[1][CAD_FILE][4:8] == b"\0\0\0\0"


def test_no_unit_is_on_two_calls_at_once(served: Served) -> None:
    units = served.units.sort("unit", "dispatched")
    before = pl.col("cleared").shift().over("unit")
    assert units.filter(before > pl.col("dispatched")).is_empty()


def test_stamps_of_a_unit_run_forward_before_faults(served: Served) -> None:
    forward = (
        (pl.col("dispatched") <= pl.col("enroute"))
        & (pl.col("enroute") <= pl.col("arrived"))
        & (pl.col("arrived") < pl.col("cleared"))
    )
    assert served.units.select(forward.all()).item()


def test_the_team_goes_only_where_and_when_it_serves(served: Served) -> None:
    sent = served.calls.filter(pl.col("who_sent") != "")
    assert sent.select(pl.col("community", "eligible", "in_area", "in_hours").all()).row(0) == (True,) * 4
    assert set(sent["beat"]) <= set(wave_of_beat(CITY))


def test_realized_effects_lie_near_the_designed_ones() -> None:
    effects = tomllib.loads((HERE / "truth.toml").read_text(encoding="utf-8"))["effects"]
    assert effects["police_unit_hours"]["realized_ratio"] == pytest.approx(
        effects["police_unit_hours"]["designed_ratio"], abs=0.04
    )
    assert effects["arrests"]["realized_ratio"] == pytest.approx(
        effects["arrests"]["designed_ratio"], abs=0.1
    )


def ratio_of_ratios(panel: pl.DataFrame, value: str) -> float:
    """Poisson difference-in-differences by hand: levels from untreated cells, iterated, then the ratio."""
    wide = panel.pivot("month", index="beat", values=value, sort_columns=True).sort("beat").fill_null(0)
    months = sorted(int(name) for name in wide.columns[1:])
    y = wide.select(str(month) for month in months).to_numpy().astype(float)
    starts = {
        beat: (int(day[:4]) - 2023) * 12 + int(day[5:7]) - 1 for beat, day in wave_of_beat(CITY).items()
    }
    treated = np.array([[month >= starts.get(beat, 99) for month in months] for beat in wide["beat"]])
    free, by_month = ~treated, np.ones(len(months))
    for _ in range(200):
        by_beat = (y * free).sum(axis=1) / (free * by_month).sum(axis=1)
        by_month = (y * free).sum(axis=0) / (free * by_beat[:, None]).sum(axis=0)
    expected = by_beat[:, None] * by_month
    return float(y[treated].sum() / expected[treated].sum())


def hours_panel(served: Served, *, in_hours: bool, eligible: bool) -> pl.DataFrame:
    police = (
        served.units.filter(agency="AFPD")
        .group_by("call")
        .agg(hours=(pl.col("cleared") - pl.col("dispatched")).sum() / 3600)
    )
    calls = served.calls.filter("community", in_hours=in_hours, eligible=eligible).join(
        police, on="call", how="left"
    )
    local = pl.from_epoch("received").dt.replace_time_zone("UTC").dt.convert_time_zone("America/Chicago")
    month = (local.dt.year().cast(pl.Int64) - 2023) * 12 + local.dt.month() - 1
    return calls.group_by("beat", month=month).agg(pl.col("hours").sum(), calls=pl.len())


def test_a_plain_estimate_finds_the_effect_on_police_hours_and_no_other(served: Served) -> None:
    target = hours_panel(served, in_hours=True, eligible=True)
    assert ratio_of_ratios(target, "hours") == pytest.approx(0.65, abs=0.08)
    assert ratio_of_ratios(target, "calls") == pytest.approx(1.0, abs=0.1)
    other = hours_panel(served, in_hours=True, eligible=False)
    assert ratio_of_ratios(other, "hours") == pytest.approx(1.0, abs=0.1)
    off_hours = hours_panel(served, in_hours=False, eligible=True)
    assert ratio_of_ratios(off_hours, "hours") == pytest.approx(1.0, abs=0.3)


def test_a_plain_estimate_finds_the_effect_on_targeted_reports_and_no_other() -> None:
    reports = pl.read_csv(HERE / "alder_falls_reports.csv").with_columns(
        month=(pl.col("month").str.slice(0, 4).cast(pl.Int64) - 2023) * 12
        + pl.col("month").str.slice(5).cast(pl.Int64)
        - 1
    )
    assert ratio_of_ratios(reports, "targeted_reports") == pytest.approx(0.8, abs=0.06)
    assert ratio_of_ratios(reports, "untargeted_reports") == pytest.approx(1.0, abs=0.06)


def test_points_of_a_beat_are_strictly_inside_its_corners() -> None:
    square = [(0, 0), (40, 0), (40, 40), (0, 40)]  # ten-thousandths of a degree
    assert points_inside(square).tolist() == [
        [1, 1],
        [2, 1],
        [3, 1],
        [1, 2],
        [2, 2],
        [3, 2],
        [1, 3],
        [2, 3],
        [3, 3],
    ]
    assert len(beat_corners(CITY)) == 20


def test_toml_text_reads_back_as_it_was() -> None:
    tables = {"a": {"text": 'say "hi"', "n": 1.5, "yes": True, "list": ["x", "y"], "b": {"two words": 3}}}
    assert tomllib.loads(as_toml(tables)) == tables


def test_the_policies_are_the_bundled_ones() -> None:
    folder = Path(__file__).parents[2] / "call_codes" / "policies"
    for name, ours in CITY.settings["program"]["policies"].items():
        bundled = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for decision in ("eligible", "conditional"):
            rules = [rule["categories"] for rule in bundled["rule"] if rule["decision"] == decision]
            assert sorted(chain.from_iterable(rules)) == sorted(ours[decision])
        assert sorted(bundled["hazards_excluded"]) == sorted(ours["hazards_excluded"])
