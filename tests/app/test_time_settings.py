"""What a person says about a file's times: an option, a line of rightcall.toml, or a sentence on what is wrong."""

from __future__ import annotations

import json

import pytest

from app.settings import Settings, read_settings
from call_codes.errors import LayoutError, UsageError

CALLS = (
    "Incident Number,Call Type,Time Received,Time Dispatched,Time Arrived,Time Cleared\n"
    "23-1,WELFARE CHECK,06/13/2023 14:00,06/13/2023 14:05,06/13/2023 02:15,06/13/2023 14:40\n"
    "23-2,NOISE COMPLAINT,06/13/2023 15:00,06/13/2023 15:05,06/13/2023 15:15,06/13/2023 15:40\n"
)


def test_check_takes_the_time_zone_and_asks_no_more(rightcall, write):
    file = write("calls.csv", CALLS)
    code, out, _ = rightcall("check", file, "--json")
    names = {problem["problem"] for problem in json.loads(out)["findings"]}
    assert (code, "time_zone_undeclared" in names) == (0, True)
    _, out, _ = rightcall("check", file, "--time-zone", "America/Chicago", "--json")
    document = json.loads(out)
    assert "time_zone_undeclared" not in {problem["problem"] for problem in document["findings"]}
    assert not any("time zone" in question for question in document["questions"])


def test_a_misspelt_time_zone_is_refused_in_a_sentence(rightcall, write):
    code, out, err = rightcall("check", write("calls.csv", CALLS), "--time-zone", "America/Chicgo", "--json")
    assert (code, out) == (LayoutError.exit_code, "")
    assert 'Did you mean "America/Chicago"?' in err
    assert "Traceback" not in err


def test_the_settings_file_may_say_the_zone_and_ask_for_the_repair(write):
    settings = read_settings(
        write("rightcall.toml", 'time_zone = "America/Chicago"\nrepair_half_day_slips = true\n')
    )
    assert (settings.time_zone, settings.repair_half_day_slips) == ("America/Chicago", True)
    with pytest.raises(UsageError, match="repair_half_day_slips = 'yes'"):
        read_settings(write("bad.toml", 'repair_half_day_slips = "yes"\n'))
    with pytest.raises(LayoutError, match="Mars/Olympus"):
        read_settings(write("mars.toml", 'time_zone = "Mars/Olympus"\n'))


def test_a_run_repairs_half_day_slips_only_where_the_settings_ask(write):
    from app.job import run_job

    file = write("calls.csv", CALLS)
    arrived = {}
    for repair in (False, True):
        job = run_job(Settings(files=(file,), time_zone="America/Chicago", repair_half_day_slips=repair))
        call = job.calls.collect().sort("call_id").row(0, named=True)
        arrived[repair] = (call["arrived_at"] - call["received_at"]) // 60
    assert arrived == {False: -705, True: 15}


def test_check_repairs_half_day_slips_where_asked_and_names_the_row(rightcall, write):
    file = write("calls.csv", CALLS)
    found = {}
    for options in ((), ("--repair-half-day-slips",)):
        _, out, _ = rightcall("check", file, "--time-zone", "America/Chicago", "--json", *options)
        found[options] = {f["problem"]: f["examples"] for f in json.loads(out)["findings"]}
    asked, repaired = found[()], found["--repair-half-day-slips",]
    assert asked["half_day_slip"] == repaired["half_day_slip"] == ["row 1"]
    assert repaired["half_day_slip_repaired"] == ["row 1"]
    assert "time_order_violated" in asked
    assert "time_order_violated" not in repaired


def test_a_page_that_asks_with_another_time_setting_gets_another_answer(write):
    """What is kept in the app is found by every setting that changes how a file is read."""
    from dataclasses import replace

    from app import session
    from app.settings import Settings

    source = session.source_of_file(write("calls.csv", CALLS), "given")

    def received_and_arrived(**choices):
        opened = session.open_source(replace(source, settings=Settings(**choices)))
        call = opened.job.calls.collect().sort("call_id").row(0, named=True)
        return opened.key, call["received_at"], call["arrived_at"] - call["received_at"]

    plain = received_and_arrived()
    zoned = received_and_arrived(time_zone="America/Chicago")
    repaired = received_and_arrived(time_zone="America/Chicago", repair_half_day_slips=True)
    assert zoned[1] - plain[1] == 5 * 3600
    assert repaired[2] - zoned[2] == 12 * 3600
    assert len({plain[0], zoned[0], repaired[0]}) == 3
    assert received_and_arrived() == plain
