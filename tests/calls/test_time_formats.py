"""How times are written: several formats in one column, numbers for dates, offsets, halves of the day cut off."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from calls.time_formats import guess_formats, share_read_by
from calls.times import read_stamps


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def local(cells, *, formats=None, zone=None, name="received_at", **options):
    """The local clock of each cell, as "2023-07-01 12:00:00", read by the formats that are found."""
    frame = pl.DataFrame({"t": cells}, schema={"t": pl.String})
    formats = formats or guess_formats(frame["t"]).formats
    table, counts = read_stamps(frame, "t", name, formats=formats, zone=zone, **options)
    return pl.from_epoch(table[f"{name}_local"], "s").dt.strftime("%Y-%m-%d %H:%M:%S").to_list(), counts


NOON = "2023-06-13 12:00:00"


@pytest.mark.parametrize(
    "cell",
    [
        "2023-06-13 12:00:00",
        "2023-06-13T12:00",
        "06/13/2023 12:00:00 PM",
        "6/13/2023 12:00 pm",
        "06/13/23 12:00",
        "13-Jun-2023 12:00:00",
        "20230613120000",
        "1686657600",
        "1686657600000",
        "45090.5",
        "2023-06-13T12:00:00Z",
        "2023-06-13T12:00:00-05:00",
    ],
)
def test_one_moment_in_many_ways_of_writing(cell):
    assert local([cell])[0] == [NOON]


def test_a_column_written_in_several_ways_is_read_by_several_formats_and_the_share_is_stated():
    cells = ["06/13/2023 12:00:00 PM"] * 6 + ["2023-06-13 12:00:00"] * 2 + ["45090.5"] + ["soon"]
    guess = guess_formats(pl.Series(cells))
    assert guess.formats == ("%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S%.f", "excel_serial")
    assert guess.shares == pytest.approx((0.6, 0.2, 0.1))
    assert guess.share_read == pytest.approx(0.9)
    assert local(cells)[0] == [NOON] * 9 + [None]


def test_a_few_cells_in_another_format_are_not_lost_beside_a_main_one():
    cells = ["2023-06-13 12:00:00"] * 97 + ["6/13/2023 12:00"] * 3
    guess = guess_formats(pl.Series(cells))
    assert guess.share_read == pytest.approx(1.0)
    assert local(cells)[0] == [NOON] * 100


def test_two_digit_years_beside_four_digit_ones_are_not_the_year_15():
    assert local(["12/30/15 20:42", "12/30/2015 20:42"])[0] == ["2015-12-30 20:42:00"] * 2


def test_spreadsheet_serials_are_read_to_the_second_and_counts_are_not_taken_for_them():
    assert local(["45090.4166666667", "45090.9999884259"])[0] == [
        "2023-06-13 10:00:00",
        "2023-06-13 23:59:59",
    ]
    assert guess_formats(pl.Series(["12.5", "340.25"])).formats == ()
    assert guess_formats(pl.Series(["45090", "45091"])).formats == ()  # as likely numbers of something
    assert share_read_by(pl.Series(["45090"]), ("excel_serial",)) == 1.0  # but a layout may say so


def test_a_stated_offset_gives_the_moment_and_without_a_zone_the_clock_is_as_written():
    frame = pl.DataFrame({"t": ["2021-12-31T20:08:55-05:00", "2022-07-01T20:08:55-04:00"]})
    table, _ = read_stamps(frame, "t", "received_at", formats=("%Y-%m-%dT%H:%M:%S%z",), zone=None)
    assert table["received_at"].to_list() == [seconds("2022-01-01T01:08:55"), seconds("2022-07-02T00:08:55")]
    assert table["received_at_local"].to_list() == [
        seconds("2021-12-31T20:08:55"),
        seconds("2022-07-01T20:08:55"),
    ]


def test_clock_times_without_am_or_pm_among_others_that_have_it_are_not_read_as_morning():
    cells = ["11/04/22 10:10:13 PM", "11/04/22 11:04:45 AM", "11/04/22 7:20:36", "11/04/22 9:10:25"]
    guess = guess_formats(pl.Series(cells))
    assert (guess.formats, guess.half_cut_off) == (("%m/%d/%y %I:%M:%S %p",), 0.5)
    read, counts = local(cells)
    assert read == ["2022-11-04 22:10:13", "2022-11-04 11:04:45", None, None]
    assert (counts.unreadable, counts.half_cut_off) == (2, 2)


def test_twenty_four_hour_times_beside_twelve_hour_ones_are_read_where_an_hour_shows_it():
    cells = ["11/04/22 10:10:13 PM", "11/04/22 17:20:36", "11/04/22 9:10:25"]
    assert local(cells)[0] == ["2022-11-04 22:10:13", "2022-11-04 17:20:36", "2022-11-04 09:10:25"]


def test_in_the_doubled_hour_a_stamp_is_never_before_the_one_ahead_of_it():
    """Received 01:50 and assigned 01:10 that night: the clock went back between the two."""
    frame = pl.DataFrame({"t": ["2023-11-05 01:10:00"]})
    received = seconds("2023-11-05T06:50:00")  # 01:50 summer time in Chicago
    table, counts = read_stamps(
        frame,
        "t",
        "dispatched_at",
        formats=("%Y-%m-%d %H:%M:%S",),
        zone="America/Chicago",
        not_before=pl.lit(received),
    )
    assert table["dispatched_at"].item() - received == 20 * 60
    assert counts.doubled_hour == 1


@pytest.mark.parametrize(
    ("dispatched_utc", "cleared", "minutes"),
    [
        ("06:10", "01:40", 30),  # 01:10 summer time: both in the hour that happens twice, read alike
        ("05:50", "01:10", 20),  # 00:50: only the end is in it
        ("06:50", "01:10", 20),  # 01:50 summer time: the clock went back in between
        ("07:10", "01:40", 30),  # 01:10 winter time
        (None, "01:40", None),
    ],
)
def test_a_span_inside_the_doubled_hour_does_not_gain_an_hour(dispatched_utc, cleared, minutes):
    """Chicago, 5 November 2023: 06:00 to 07:00 UTC is 01:00 to 02:00 for the first time, 07:00 to 08:00 again."""
    dispatched = seconds(f"2023-11-05T{dispatched_utc}:00") if dispatched_utc else None
    table, _ = read_stamps(
        pl.DataFrame({"t": [f"2023-11-05 {cleared}:00"]}),
        "t",
        "cleared_at",
        formats=("%Y-%m-%d %H:%M:%S",),
        zone="America/Chicago",
        not_before=pl.lit(dispatched, pl.Int64),
    )
    found = table["cleared_at"].item()
    if dispatched is None:
        # Nothing to compare with: the later reading.
        assert found == seconds("2023-11-05T07:40:00")
    else:
        assert (found - dispatched) / 60 == minutes
