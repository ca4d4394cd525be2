"""The made-up city itself: its settings, its beats on a map and its calendar of hours.

Everything that shapes Alder Falls stands in `city.toml` and `call_mix.csv`; this module only reads them and
turns them into tables. Random draws take a stream that is named, so that a change in one step leaves the
draws of every other step as they were.
"""

from __future__ import annotations

import tomllib
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

HERE = Path(__file__).parent
ROWS, COLUMNS = 4, 5  # beats 1A (north-west) to 4E (south-east)
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class City:
    """Settings (city.toml as read), the call mix (one row per initial type) and the beats (one row each)."""

    settings: dict[str, Any]
    call_mix: pl.DataFrame
    beats: pl.DataFrame

    def random(self, step: str) -> np.random.Generator:
        """A random stream for one named step."""
        return np.random.default_rng([self.settings["seed"], zlib.crc32(step.encode())])

    def hazardous_types(self, policy: str) -> list[str]:
        """Codes of the types whose text states a hazard that the policy excludes, whatever the topic."""
        excluded = self.settings["program"]["policies"][policy]["hazards_excluded"]
        stated = pl.concat_str("hazard_kinds", "other_risks", separator="|").str.split("|")
        mix = self.call_mix.filter(stated.list.set_intersection(excluded).list.len() > 0)
        return mix["code"].to_list()

    def types_with(self, categories: list[str], policy: str) -> list[str]:
        """Codes of the types in these categories whose text states no hazard that the policy excludes."""
        in_category = self.call_mix.filter(pl.col("category").is_in(categories))["code"]
        hazardous = set(self.hazardous_types(policy))
        return [code for code in in_category if code not in hazardous]


def load_city(folder: Path = HERE) -> City:
    """Read `city.toml` and `call_mix.csv` from a folder."""
    settings = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
    mix = pl.read_csv(folder / "call_mix.csv", infer_schema=False).with_columns(pl.all().fill_null(""))
    numbers = ["calls_per_week", "on_scene_minutes", "units", "fire_share", "ems_share", "arrest_share"]
    mix = mix.with_columns(
        pl.col(*numbers, "final_change_share").cast(pl.Float64),
        pl.col("priority", "implied_danger", "bare_code").cast(pl.Int64),
    )
    return City(settings, mix, pl.DataFrame(settings["beats"]).with_columns(even=pl.lit(1.0)))


def choose(stream: np.random.Generator, weights: dict[str, float], how_many: int) -> npt.NDArray[np.str_]:
    """`how_many` names drawn with the given weights."""
    names, shares = list(weights), np.array(list(weights.values()), dtype=float)
    return np.array(names)[stream.choice(len(names), size=how_many, p=shares / shares.sum())]


def lognormal(stream: np.random.Generator, median: FloatArray, sd: float) -> FloatArray:
    """Log-normal draws with the given medians; `sd` is on the log scale."""
    return median * stream.lognormal(0.0, sd, size=len(median))


def beat_corners(city: City) -> dict[str, list[tuple[int, int]]]:
    """Each beat's four corners in ten-thousandths of a degree (longitude, latitude), counter-clockwise.

    Inner corners are moved a little off the grid so that the map does not look like a chessboard.
    """
    places, stream = city.settings["places"], city.random("map")
    west, south = round(places["west"] * 10_000), round(places["south"] * 10_000)
    width, height = round(places["beat_width"] * 10_000), round(places["beat_height"] * 10_000)
    shift = stream.integers(-30, 31, size=(ROWS + 1, COLUMNS + 1, 2))
    shift[[0, -1], :, 1] = 0
    shift[:, [0, -1], 0] = 0

    def corner(row: int, column: int) -> tuple[int, int]:
        x, y = west + column * width, south + (ROWS - row) * height
        return x + int(shift[row, column, 0]), y + int(shift[row, column, 1])

    return {
        f"{row + 1}{'ABCDE'[column]}": [
            corner(row + 1, column),
            corner(row + 1, column + 1),
            corner(row, column + 1),
            corner(row, column),
        ]
        for row in range(ROWS)
        for column in range(COLUMNS)
    }


def points_inside(corners: list[tuple[int, int]]) -> IntArray:
    """All points with three decimals strictly inside a convex beat.

    An (n, 2) array of longitude and latitude in thousandths of a degree.
    """
    xs, ys = zip(*corners, strict=True)
    grid_x, grid_y = np.meshgrid(*(np.arange(min(axis) // 10, max(axis) // 10 + 1) for axis in (xs, ys)))
    inside = np.ones(grid_x.shape, dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        inside &= (x2 - x1) * (grid_y * 10 - y1) - (y2 - y1) * (grid_x * 10 - x1) > 0
    return np.column_stack([grid_x[inside], grid_y[inside]]).astype(np.int64)


def wave_of_beat(city: City) -> dict[str, str]:
    """Beat → the date (YYYY-MM-DD) from which the team serves it; beats never served are left out."""
    return {beat: wave["starts"] for wave in city.settings["program"]["waves"] for beat in wave["beats"]}


def areas_geojson(city: City) -> dict[str, Any]:
    """The beats as a GeoJSON FeatureCollection; outer rings counter-clockwise (RFC 7946, section 3.1.6)."""
    starts, corners = wave_of_beat(city), beat_corners(city)
    features = []
    for beat in city.beats.iter_rows(named=True):
        ring = [[x / 10_000, y / 10_000] for x, y in corners[beat["code"]]]
        properties = {
            "beat": beat["code"],
            "council_district": str(beat["district"]),
            "population": beat["population"],
            "treated_from": starts.get(beat["code"]),
        }
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def hours_of(city: City) -> pl.DataFrame:
    """One row per hour of the period: start_s (UTC seconds), hour (local), weekend, month, busy.

    month counts from 0; busy is the factor of the few nights that draw more calls of every kind.
    """
    months = months_of(city)
    year, month = (int(part) for part in months[0].split("-"))
    first, end = midnight(f"{months[0]}-01", city), midnight(f"{months[-1]}-01", city)
    table = pl.DataFrame({"start_s": np.arange(first, end, 3600, dtype=np.int64)})
    local, nights = local_time("start_s", city), city.settings["busy_nights"]
    tonight = local.dt.strftime("%Y-%m-%d").is_in(nights["dates"]) & (local.dt.hour() < nights["before_hour"])
    return table.with_columns(
        hour=local.dt.hour().cast(pl.Int64),
        weekend=local.dt.weekday() >= 6,
        month=(local.dt.year().cast(pl.Int64) - year) * 12 + local.dt.month().cast(pl.Int64) - month,
        busy=pl.when(tonight).then(nights["factor"]).otherwise(1.0),
    )


def local_time(column: str, city: City) -> pl.Expr:
    """The city's wall clock of a column of UTC seconds, as a time-zone-aware datetime."""
    instant = pl.from_epoch(pl.col(column)).dt.replace_time_zone("UTC")
    return instant.dt.convert_time_zone(city.settings["time_zone"])


def area_noise(city: City, sd: float, step: str) -> FloatArray:
    """A factor for each beat and month, exp of AR(1) noise with mean 1: an array (beats, months)."""
    beats, months = city.beats.height, city.settings["months"]
    rho = city.settings["noise"]["autocorrelation"]
    draws = city.random(step).normal(0.0, sd, size=(beats, months))
    path = np.empty_like(draws)
    path[:, 0] = draws[:, 0]
    for month in range(1, months):
        path[:, month] = rho * path[:, month - 1] + np.sqrt(1 - rho**2) * draws[:, month]
    factors: FloatArray = np.exp(path - sd**2 / 2)
    return factors


def citywide(city: City, shock: str) -> FloatArray:
    """Season, growth and the one-month shock: a factor for each month. `shock` is 'calls' or 'reports'."""
    settings, months = city.settings, months_of(city)[:-1]
    season = np.array([settings["season"]["months"][int(month[5:]) - 1] for month in months])
    factors: FloatArray = season * settings["yearly_growth"] ** (np.arange(len(months)) / 12)
    factors[months.index(settings["shock"]["month"])] *= settings["shock"][shock]
    return factors


def midnight(day: str, city: City) -> int:
    """UTC seconds of the local midnight with which a day (YYYY-MM-DD) begins."""
    return int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(city.settings["time_zone"])).timestamp())


def months_of(city: City) -> list[str]:
    """The months of the period as YYYY-MM, and last the month after its end."""
    year, month = (int(part) for part in city.settings["first_month"].split("-"))
    numbers = (year * 12 + month - 1 + n for n in range(city.settings["months"] + 1))
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in numbers]
