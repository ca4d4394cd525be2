"""`rightcall compare`: several cities' results side by side in one taxonomy, with what does not compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from call_codes.errors import InputError, OutputError


def compare(
    results: Annotated[list[Path], typer.Argument(help="Two or more results folders of rightcall run.")],
    out: Annotated[Path | None, typer.Option(help="A CSV file for the table.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Calls and unit-hours by category of several cities or years.

    For example: rightcall compare minneapolis seattle --out cities.csv
    """
    from app.outputs import write_csv
    from app.several_cities import read_city
    from app.wording import category_label, percent
    from officer_time.cities import not_comparable, side_by_side

    if len(results) < 2:
        raise InputError(
            found="one results folder.",
            expected="two or more.",
            action="Name the folders that rightcall run wrote with --out.",
        )
    runs = [read_city(folder) for folder in results]
    table, differences = side_by_side(runs), not_comparable(runs)
    if out is not None:
        try:
            write_csv(table, out)
        except OSError as error:
            raise OutputError(
                found=f"{out} cannot be written ({error.strerror}).",
                expected="a file in a folder that may be written to.",
                action="Choose another --out.",
            ) from error
    if as_json:
        document = {"table": table.to_dicts(), "not_comparable": differences.to_dicts()}
        print(json.dumps(document, ensure_ascii=False, default=str))
        return
    for (category,), rows in table.group_by("category", maintain_order=True):
        shares = "; ".join(
            f"{row['city']} {percent(row['calls_share'])}" for row in rows.iter_rows(named=True)
        )
        print(f"{category_label(str(category))}: {shares}")
    print("\nShares of all calls of each city. Before comparing:")
    for row in differences.iter_rows():
        print("- " + "; ".join(str(cell) for cell in row if cell is not None))
