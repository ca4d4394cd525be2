"""`rightcall workload` on a town of twelve calls that can be counted by hand; every type is signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.workload_outputs import FILES

ADDRESS = "1 Sample Street"
Command = Callable[..., tuple[int, str, str]]
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Twelve welfare checks a day apart: the first six at one address, each 30 minutes, one arrest in three."""
    lines = ["Call Number,Call Type,Received,Dispatched,Arrived,Cleared,Unit,Beat,Disposition,Location"]
    for n in range(12):
        at = f"03/{n + 1:02d}/2024 10"
        place = ADDRESS if n < 6 else f"{n} Other Road"
        lines.append(
            f"C{n:04d},WELFARE CHECK,{at}:00:00,{at}:05:00,{at}:15:00,{at}:35:00,U{n % 2},"
            f"{'North' if n % 2 else 'South'},{'ARREST' if n % 3 == 0 else 'ASSISTED'},{place}"
        )
    (tmp_path / "town.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "signed.csv").write_text(
        "agency,code,text,category,hazard,basis,reviewer,since,note\n"
        "Town,,WELFARE CHECK,welfare_check,none,signed,A. Reviewer,2024-04-01,\n"
    )
    (tmp_path / "place.key").write_text(KEY)
    (tmp_path / "rightcall.toml").write_text(
        'files = ["town.csv"]\ncrosswalk = "signed.csv"\ntime_zone = "America/Chicago"\n'
        'place_columns = ["Location"]\nplace_key = "place.key"\nsmallest_count = 0\n'
    )
    (tmp_path / "people.csv").write_text(
        "area,population,source,year\nNorth,1000,Made up,2024\nSouth,2000,Made up,2024\n"
    )
    (tmp_path / "shifts.csv").write_text("hours,units\nmon-sun 00:00-24:00,2\n")
    (tmp_path / "force.csv").write_text("call,kind\nC0001,grip\nC0001,grip\nC0004,grip\n")
    return tmp_path


def test_the_four_answers_equal_what_one_counts_by_hand(town: Path, rightcall: Command) -> None:
    out = town / "workload"
    code, _, errors = rightcall(
        "workload", "--config", town / "rightcall.toml", "--out", out, "--populations", town / "people.csv",
        "--shifts", town / "shifts.csv", "--linked", f"force={town / 'force.csv'}",
    )  # fmt: skip
    assert code == 0, errors
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    found = json.loads((out / "workload.json").read_text())
    # Twelve units, each from 10:05 to 10:35: six hours.
    assert found["busy"]["unit_hours"]["central"] == pytest.approx(6)
    rates = {(row["outcome"], row["basis"]): row for row in found["outcome_rates"]}
    assert rates["arrest", "disposition"]["outcome_calls"] == 4
    assert rates["arrest", "disposition"]["per_1000"] == pytest.approx(1000 * 4 / 12)
    assert rates["force", "linked"]["outcome_calls"] == 2
    # Five of the six calls at one place are followed by another; nothing lies 30 days before the end.
    assert found["places"]["places"] == 7
    assert {row["too_late"] for row in found["repeats"]} == {12}
    areas = {row["area"]: row for row in found["area_rates"]}
    assert areas["North"]["per_1000_residents"] == pytest.approx(6)
    assert areas["South"]["per_1000_residents"] == pytest.approx(3)
    assert found["not_computed"] == {}


def test_no_address_and_no_key_is_in_any_result(town: Path, rightcall: Command) -> None:
    out = town / "workload"
    assert rightcall("workload", "--config", town / "rightcall.toml", "--out", out)[0] == 0
    assert rightcall("run", "--config", town / "rightcall.toml", "--out", town / "run")[0] == 0
    for path in [*out.iterdir(), *(town / "run").iterdir()]:
        content = path.read_bytes()
        for secret in (ADDRESS, "Other Road", KEY):
            assert secret.encode() not in content, path.name


def test_without_being_asked_no_place_is_read_and_the_reason_is_told(town: Path, rightcall: Command) -> None:
    (town / "rightcall.toml").write_text(
        'files = ["town.csv"]\ncrosswalk = "signed.csv"\ntime_zone = "unknown"\n'
    )
    code, output, errors = rightcall("workload", "--config", town / "rightcall.toml", "--json")
    assert code == 0, errors
    found = json.loads(output)
    assert found["repeats"] is None
    assert "place_columns and place_key" in found["not_computed"]["repeat places"]
    assert "--populations" in found["not_computed"]["rates per resident"]


def test_bad_input_is_told_in_a_sentence(town: Path, rightcall: Command) -> None:
    settings = town / "rightcall.toml"
    good = settings.read_text()
    code, _, errors = rightcall("workload", "--config", settings, "--json", "--linked", "force.csv")
    assert (code, "force=force.csv" in errors) == (2, True)
    settings.write_text(good.replace('"Location"', '"Locaton"'))
    code, _, errors = rightcall("workload", "--config", settings, "--json")
    assert (code, 'Did you mean "Location"' in errors) == (4, True)
    settings.write_text(good.replace('place_key = "place.key"\n', ""))
    code, _, errors = rightcall("workload", "--config", settings, "--json")
    assert (code, "without place_key" in errors) == (2, True)
    (town / "place.key").write_text("short")
    settings.write_text(good)
    code, _, errors = rightcall("workload", "--config", settings, "--json")
    assert (code, "5 bytes in the key file" in errors) == (3, True)
