"""Make the committed sample files: `python -m data_samples.make_samples [--out DIR]`.

The same settings give the same bytes: draws are seeded, tables sorted, the gzip header carries no time.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import polars as pl

from data_samples.city import HERE, City, areas_geojson, load_city
from data_samples.draw_calls import draw_calls
from data_samples.draw_units import draw_units, give_unit_numbers
from data_samples.faults import export
from data_samples.program import Served, run_program
from data_samples.side_tables import reports_table, visits_table
from data_samples.truth import as_toml, code_book, true_types, true_values

CAD_FILE = "alder_falls_cad_2023-2024.csv.gz"
HEADER = (
    "# What was built into the made-up city of Alder Falls. Written by make_samples.py; edit city.toml.\n\n"
)


def build(city: City) -> tuple[Served, dict[str, bytes]]:
    """The city before its faults (calls, numbered unit rows, visits) and the bytes of every file by name."""
    calls, units = draw_units(city, draw_calls(city))
    served = run_program(city, calls, units)
    served = replace(served, units=give_unit_numbers(city, served.calls, served.units))
    exported = export(city, served.calls, served.units)
    visits, visit_faults = visits_table(city, served.visits)
    truth = true_values(city, served, exported, visit_faults)
    types = true_types(city, exported.calls, served.units, exported)
    files = {
        CAD_FILE: gzip.compress(_csv(exported.table), compresslevel=9, mtime=0),
        "alder_falls_act_visits.csv": _csv(visits),
        "alder_falls_reports.csv": _csv(reports_table(city)),
        "alder_falls_true_types.csv": _csv(types),
        "alder_falls_code_book.csv": _csv(code_book(city)),
        "alder_falls_areas.geojson": (json.dumps(areas_geojson(city), indent=1) + "\n").encode(),
        "truth.toml": (HEADER + as_toml(truth)).encode(),
    }
    return served, files


def _csv(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    blank_is_empty = pl.col(pl.String).replace("", None)
    table.with_columns(blank_is_empty).write_csv(buffer)
    return buffer.getvalue()


def main(arguments: list[str] | None = None) -> None:
    """Write all files into a folder (default: this one) and say how large they are."""
    parser = argparse.ArgumentParser(description="Make the sample files of the made-up city of Alder Falls.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: data_samples)")
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    for name, content in build(load_city())[1].items():
        (out / name).write_bytes(content)
        print(f"{len(content):>9,} bytes  {name}")


if __name__ == "__main__":
    main()
