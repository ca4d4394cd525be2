"""A year's balance by hand, and the two prices of an officer's hour kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from call_codes.errors import InputError
from evaluation.before.cost import Amount, load_costs, yearly_balance


def fixed(value: float) -> Amount:
    return Amount(value, value, value, "made up", 2026)


AMOUNTS = {
    "person_per_year": Amount(100_000, 90_000, 120_000, "made up", 2026),
    "vehicle_per_year": fixed(20_000),
    "supplies_per_served_call": fixed(10),
    "officer_hour_average": Amount(90, 80, 100, "made up", 2026),
    "officer_hour_marginal": fixed(15),
}
QUANTITIES = {
    "people": fixed(6),
    "vehicles": fixed(2),
    "served_calls": Amount(4_000, 3_500, 4_500, "simulation"),
    "officer_hours_freed": Amount(5_000, 4_000, 6_000, "simulation"),
}


def totals(balance):
    return {row["measure"]: row for row in balance.totals.iter_rows(named=True)}


def test_the_balance_is_the_sum_of_its_lines_and_the_two_prices_are_never_added():
    balance = yearly_balance(AMOUNTS, QUANTITIES, eligible_calls=10_000)
    by = totals(balance)
    assert by["cost_per_year"]["value"] == 6 * 100_000 + 2 * 20_000 + 4_000 * 10
    assert by["cost_per_eligible_call"]["value"] == 68
    assert by["cost_per_served_call"]["value"] == 170
    assert by["saving_at_average_cost"]["value"] == 450_000
    assert by["saving_at_marginal_cost"]["value"] == 75_000
    assert by["net_cost_at_average_cost"]["value"] == 230_000
    assert by["net_cost_at_marginal_cost"]["value"] == 605_000
    assert by["cost_per_year"]["low"] < by["cost_per_year"]["value"] < by["cost_per_year"]["high"]
    assert "booking" in balance.left_out


def test_break_even_is_where_saving_equals_cost_and_null_where_it_never_is():
    by = totals(yearly_balance(AMOUNTS, QUANTITIES, eligible_calls=10_000))
    # 640,000 fixed; a served call saves 1.25 hours × 90 = 112.50 and costs 10.
    assert by["break_even_served_calls_at_average_cost"]["value"] == pytest.approx(640_000 / 102.5)
    free = yearly_balance({**AMOUNTS, "officer_hour_marginal": fixed(0)}, QUANTITIES, eligible_calls=10_000)
    assert totals(free)["break_even_served_calls_at_marginal_cost"]["value"] is None


def test_the_tornado_names_what_the_answer_hangs_on_most():
    tornado = yearly_balance(AMOUNTS, QUANTITIES, eligible_calls=10_000).tornado.filter(price="average")
    assert tornado["item"].to_list()[:2] == ["officer_hours_freed", "person_per_year"]
    assert tornado.row(0)[2:] == (140_000, 320_000)


def test_no_amount_is_preset_and_each_needs_its_source(tmp_path: Path):
    with pytest.raises(InputError, match="no amount for vehicle_per_year"):
        yearly_balance({"person_per_year": fixed(1)}, QUANTITIES, eligible_calls=1)
    file = tmp_path / "costs.toml"
    file.write_text("[person_per_year]\nvalue = 98000\n")
    with pytest.raises(InputError, match="no source and no year"):
        load_costs(file)
    file.write_text('[persons_per_year]\nvalue = 1\nsource = "x"\nyear = 2026\n')
    with pytest.raises(InputError, match="Did you mean"):
        load_costs(file)
    file.write_text('[person_per_year]\nvalue = 1\nsource = "x"\nyear = "last"\n')
    with pytest.raises(InputError, match="the year 'last'"):
        load_costs(file)
    file.write_text('[person_per_year]\nvalue = 9\nlow = 10\nsource = "x"\nyear = 2026\n')
    with pytest.raises(InputError, match="low ≤ value"):
        load_costs(file)
    file.write_text(
        '[person_per_year]\nvalue = 9\nlow = 8\nhigh = 10\nsource = "Budget office"\nyear = 2026\n'
    )
    assert load_costs(file)["person_per_year"] == Amount(9, 8, 10, "Budget office", 2026)
