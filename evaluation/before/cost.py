"""What a program would cost a year, what officer time it would free, and when the two break even.

Freed officer hours have two prices that must never be mixed: the average cost of an hour (right where positions are
moved or not filled) and the marginal cost (right where only overtime changes). Each gets a balance of its own. Every
amount is the city's, with low, high, source and year; nothing is preset.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from call_codes.errors import InputError, did_you_mean

ITEMS_FILE: Final = Path(__file__).with_name("cost_items.toml")
PRICES: Final = ("average", "marginal")
DRAWS: Final = 10_000


@dataclass(frozen=True)
class Amount:
    """An amount or a quantity with its range; source and year say where it comes from."""

    value: float
    low: float
    high: float
    source: str
    year: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.value <= self.high < float("inf"):
            raise InputError(
                found=f"an amount of {self.value:g} with the range {self.low:g} to {self.high:g}.",
                expected="0 ≤ low ≤ value ≤ high.",
                action="Correct the three numbers.",
            )


@dataclass(frozen=True)
class Balance:
    """A year of the program.

    - lines: item, label, side, quantity, amount, low, high, source, year: one line per item of cost and saving.
    - totals: measure, value, low, high, definition. Costs per eligible and per served call; for each price of an
      officer's hour that the city gave: the saving, the net cost (below 0 = saves more than it costs) and the served
      calls a year at which it breaks even (null where it never does). low and high hold 95 % of the draws.
    - tornado: price, item, net_cost_low, net_cost_high: the net cost with one item at its ends, widest first.
    - left_out: items that the city gave no amount for.
    """

    lines: pl.DataFrame
    totals: pl.DataFrame
    tornado: pl.DataFrame
    left_out: tuple[str, ...]


@cache
def cost_items() -> dict[str, dict[str, Any]]:
    """The known items: label, unit, side, per, required."""
    return tomllib.loads(ITEMS_FILE.read_text(encoding="utf-8"))


def load_costs(path: Path) -> dict[str, Amount]:
    """A city's amounts by item. Raises InputError for what is missing, unknown or out of order, with the item's name."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            found=f"{path.name} cannot be read: {error}.",
            expected="a TOML file with one section per cost item.",
            action=f"See the form in {ITEMS_FILE.name}.",
        ) from error
    return {name: read_amount(name, entry, f"[{name}] in {path.name}") for name, entry in given.items()}


def read_amount(name: str, entry: Any, where: str) -> Amount:
    """One amount from its section; see load_costs."""
    known = cost_items()
    if name not in known:
        raise InputError(
            found=f'the cost item "{name}" ({where}).{did_you_mean(name, known)}',
            expected=f"one of {', '.join(known)}.",
            action="Correct the name of the section.",
        )
    missing = [
        key for key in ("value", "source", "year") if not isinstance(entry, Mapping) or key not in entry
    ]
    if missing:
        raise InputError(
            found=f"no {' and no '.join(missing)} in {where}.",
            expected="value, low, high, source and year: an amount without its source helps nobody.",
            action="Add them.",
        )
    if not isinstance(entry["year"], int) or isinstance(entry["year"], bool):
        raise InputError(
            found=f"the year {entry['year']!r} in {where}.",
            expected="a year such as 2026, without quotes.",
            action="Correct it.",
        )
    numbers = [entry.get(key, entry["value"]) for key in ("low", "value", "high")]
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
        raise InputError(
            found=f"amounts that are no numbers in {where}.", expected="numbers.", action="Correct them."
        )
    return Amount(numbers[1], numbers[0], numbers[2], str(entry["source"]), entry["year"])


def yearly_balance(
    amounts: Mapping[str, Amount], quantities: Mapping[str, Amount], *, eligible_calls: float, seed: int = 0
) -> Balance:
    """The balance of one year.

    amounts: by item, as load_costs gives them. quantities: what items are multiplied by: people, vehicles,
    supervisors, served_calls, officer_hours_freed (net of joint and backed-up calls), bookings_avoided,
    emergency_department_visits_avoided; "program" is 1. Those that are not given leave their items out. Draws are
    triangular between low and high with the mode at value. Raises InputError for a missing required item.
    """
    items = cost_items()
    quantities = {"program": Amount(1, 1, 1, "one program"), **quantities}
    used = {name: amount for name, amount in amounts.items() if items[name]["per"] in quantities}
    missing = [name for name, item in items.items() if item["required"] and name not in used]
    if missing:
        raise InputError(
            found=f"no amount for {', '.join(missing)}.",
            expected="the city's own cost of a team member and of a vehicle: none is preset.",
            action="Add the sections to the cost file, each with value, low, high, source and year.",
        )
    rng = np.random.default_rng(seed)
    drawn = {name: _triangular(amount, rng) for name, amount in used.items()}
    drawn_quantities = {name: _triangular(amount, rng) for name, amount in quantities.items()}
    served = quantities["served_calls"].value
    totals: list[dict[str, Any]] = []

    def total(measure: str, value: float | None, draws: np.ndarray | None, definition: str) -> None:
        low, high = (None, None) if draws is None else np.quantile(draws, [0.025, 0.975]).tolist()
        totals.append(
            {"measure": measure, "value": value, "low": low, "high": high, "definition": definition}
        )

    cost, cost_draws = _sum(used, quantities, "cost"), _sum_draws(used, drawn, drawn_quantities, "cost")
    total("cost_per_year", cost, cost_draws, "All cost items of one year.")
    total("cost_per_eligible_call", cost / eligible_calls if eligible_calls else None,
          cost_draws / eligible_calls if eligible_calls else None,
          "Cost per year / eligible calls a year, served or not.")  # fmt: skip
    total("cost_per_served_call", cost / served if served else None,
          cost_draws / np.maximum(drawn_quantities["served_calls"], 1e-9) if served else None,
          "Average cost: cost per year / served calls a year.")  # fmt: skip
    tornado: list[dict[str, Any]] = []
    for price in PRICES:
        if f"officer_hour_{price}" not in used:
            continue
        without = {name: amount for name, amount in used.items() if name != f"officer_hour_{_other(price)}"}
        saving = _sum(without, quantities, "saving")
        saving_draws = _sum_draws(without, drawn, drawn_quantities, "saving")
        total(f"saving_at_{price}_cost", saving, saving_draws,
              f"Freed officer hours at {price} cost, and what else the city gave amounts for.")  # fmt: skip
        total(f"net_cost_at_{price}_cost", cost - saving, cost_draws - saving_draws,
              "Cost less saving; below 0 the program saves more than it costs.")  # fmt: skip
        per_call = _per_served(without, quantities, served)
        fixed = cost - served * per_call["cost"]
        margin = per_call["saving"] - per_call["cost"]
        total(f"break_even_served_calls_at_{price}_cost", fixed / margin if margin > 0 else None, None,
              "Served calls a year at which saving equals cost, everything else as it is.")  # fmt: skip
        tornado += _tornado(price, without, quantities)
    lines = [
        {
            "item": name,
            "label": items[name]["label"],
            "side": items[name]["side"],
            "quantity": quantities[items[name]["per"]].value,
            "amount": amount.value * quantities[items[name]["per"]].value,
            "low": float(np.quantile(drawn[name] * drawn_quantities[items[name]["per"]], 0.025)),
            "high": float(np.quantile(drawn[name] * drawn_quantities[items[name]["per"]], 0.975)),
            "source": amount.source,
            "year": amount.year,
        }
        for name, amount in used.items()
    ]
    return Balance(
        lines=pl.DataFrame(lines, infer_schema_length=None),
        totals=pl.DataFrame(totals, infer_schema_length=None),
        tornado=pl.DataFrame(
            tornado,
            schema={
                "price": pl.String,
                "item": pl.String,
                "net_cost_low": pl.Float64,
                "net_cost_high": pl.Float64,
            },
        ),
        left_out=tuple(name for name in items if name not in used),
    )


def _other(price: str) -> str:
    return PRICES[1 - PRICES.index(price)]


def _sum(amounts: Mapping[str, Amount], quantities: Mapping[str, Amount], side: str) -> float:
    items = cost_items()
    return sum(
        amount.value * quantities[items[name]["per"]].value
        for name, amount in amounts.items()
        if items[name]["side"] == side
    )


def _sum_draws(
    amounts: Mapping[str, Amount],
    drawn: Mapping[str, np.ndarray],
    drawn_quantities: Mapping[str, np.ndarray],
    side: str,
) -> np.ndarray:
    items = cost_items()
    total = np.zeros(DRAWS)
    for name in amounts:
        if items[name]["side"] == side:
            total = total + drawn[name] * drawn_quantities[items[name]["per"]]
    return total


def _per_served(
    amounts: Mapping[str, Amount], quantities: Mapping[str, Amount], served: float
) -> dict[str, float]:
    """Cost and saving that come with one more served call: items multiplied by calls, hours or outcomes of calls."""
    fixed = ("people", "vehicles", "supervisors", "program")
    moving = {name: a for name, a in amounts.items() if cost_items()[name]["per"] not in fixed}
    return {side: _sum(moving, quantities, side) / served if served else 0.0 for side in ("cost", "saving")}


def _tornado(
    price: str, amounts: Mapping[str, Amount], quantities: Mapping[str, Amount]
) -> list[dict[str, Any]]:
    """Net cost with one amount or quantity at its low and its high, the widest first."""
    rows = []

    def net(a: Mapping[str, Amount], q: Mapping[str, Amount]) -> float:
        return _sum(a, q, "cost") - _sum(a, q, "saving")

    for table, place in ((amounts, 0), (quantities, 1)):
        for name, amount in table.items():
            ends = []
            for end in (amount.low, amount.high):
                changed = {**table, name: Amount(end, end, end, amount.source)}
                ends.append(net(changed, quantities) if place == 0 else net(amounts, changed))
            if ends[0] != ends[1]:
                rows.append(
                    {"price": price, "item": name, "net_cost_low": min(ends), "net_cost_high": max(ends)}
                )
    return sorted(rows, key=lambda row: (row["net_cost_low"] - row["net_cost_high"], row["item"]))


def _triangular(amount: Amount, rng: np.random.Generator) -> np.ndarray:
    if amount.low == amount.high:
        return np.full(DRAWS, amount.value)
    return rng.triangular(amount.low, amount.value, amount.high, DRAWS)
