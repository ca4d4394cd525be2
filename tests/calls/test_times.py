"""Time stamps: which formats a column is written in, and what they say in UTC and on the local clock."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from calls.times import guess_formats, read_stamps


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def stamps(values, *, formats, zone=None, offset="none", name="received_at"):
    frame = pl.DataFrame({"t": values}, schema={"t": pl.String})
    return read_stamps(frame, "t", name, formats=tuple(formats), zone=zone, offset=offset)


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["2020-07-13T23:58:30.000000"], ("%Y-%m-%dT%H:%M:%S%.f",)),
        (["07/13/2020 11:58:30 PM", "7/3/2020 1:02:03 am"], ("%m/%d/%Y %I:%M:%S %p",)),
        (["12/30/15 20:42"], ("%m/%d/%y %H:%M",)),
        (["1667607636000", "1667614225000"], ("epoch_ms",)),
        (["1667607636"], ("epoch_s",)),
        (["2021-12-31T20:08:55-05:00"], ("%Y-%m-%dT%H:%M:%S%.f%z",)),
        (["2021-12-31T20:08:55Z"], ("%Y-%m-%dT%H:%M:%S%.f%z",)),
        (["31/12/2020 10:00:00", "01/02/2020 10:00:00"], ("%d/%m/%Y %H:%M:%S%.f",)),
        (["Noise", "Theft"], ()),
    ],
)
def test_the_format_is_found_from_the_values(cells, formats):
    assert guess_formats(pl.Series(cells)).formats == formats


def test_dates_that_could_be_read_both_ways_are_called_ambiguous():
    assert guess_formats(pl.Series(["01/02/2020 10:00", "03/04/2020 11:00"])).ambiguous
    assert not guess_formats(pl.Series(["01/22/2020 10:00", "03/04/2020 11:00"])).ambiguous


def test_a_local_clock_time_becomes_utc_and_stays_local_beside_it():
    table, counts = stamps(["2023-07-01 12:00:00"], formats=["%Y-%m-%d %H:%M:%S"], zone="America/Chicago")
    assert table["received_at"].item() == seconds("2023-07-01T17:00:00")
    assert table["received_at_local"].item() == seconds("2023-07-01T12:00:00")
    assert (counts.filled, counts.unreadable) == (1, 0)


def test_in_the_doubled_autumn_hour_a_call_starts_early_and_ends_late():
    """2023-11-05 01:30 happened twice in Chicago: read so, 01:50 → 01:10 lasts 20 minutes, never minus 40."""
    received, _ = stamps(["2023-11-05 01:50:00"], formats=["%Y-%m-%d %H:%M:%S"], zone="America/Chicago")
    cleared, _ = stamps(
        ["2023-11-05 01:10:00"], formats=["%Y-%m-%d %H:%M:%S"], zone="America/Chicago", name="cleared_at"
    )
    assert cleared["cleared_at"].item() - received["received_at"].item() == 20 * 60


def test_the_skipped_spring_hour_is_read_an_hour_later_and_counted():
    table, counts = stamps(["2023-03-12 02:30:00"], formats=["%Y-%m-%d %H:%M:%S"], zone="America/Chicago")
    assert table["received_at_local"].item() == seconds("2023-03-12T03:30:00")
    assert counts.skipped_hour == 1


def test_an_offset_that_was_applied_twice_is_undone():
    """20:08 at −05:00 is 01:08 UTC; with the offset subtracted twice, 01:08 is the local clock."""
    table, _ = stamps(
        ["2021-12-31T20:08:55-05:00"],
        formats=["%Y-%m-%dT%H:%M:%S%z"],
        zone="America/New_York",
        offset="applied_twice",
    )
    assert table["received_at_local"].item() == seconds("2022-01-01T01:08:55")
    assert table["received_at"].item() == seconds("2022-01-01T06:08:55")


def test_what_cannot_be_read_is_counted_and_not_guessed():
    table, counts = stamps(
        ["soon", None, "2023-07-01 12:00:00", "1066-10-14 09:00:00"], formats=["%Y-%m-%d %H:%M:%S"]
    )
    assert table["received_at"].null_count() == 3
    assert (counts.filled, counts.unreadable, counts.implausible) == (3, 1, 1)
