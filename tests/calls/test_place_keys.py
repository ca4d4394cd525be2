"""Pseudonyms of places: the same place, the same key, and nothing that could be read back."""

from __future__ import annotations

import polars as pl
import pytest

from call_codes.errors import InputError
from calls.place_keys import one_spelling, place_keys, place_keys_of_points, read_key

KEY, OTHER = b"k" * 32, b"o" * 32


def test_one_place_has_one_key_whatever_the_spelling_of_its_apartment():
    keys = place_keys(
        pl.Series(["12 Oak St", "12 OAK ST., APT 4B", " 12  oak st #7", "14 Oak St", "Unknown", None]), KEY
    )
    assert keys[0] == keys[1] == keys[2]
    assert keys[3] != keys[0]
    assert keys[4:].to_list() == [None, None]
    assert keys.str.len_chars().drop_nulls().unique().to_list() == [16]


def test_another_key_gives_other_pseudonyms_and_the_same_key_the_same_ones():
    addresses = pl.Series(["12 Oak St", "OAK ST / ELM ST"])
    assert place_keys(addresses, KEY).to_list() == place_keys(addresses, KEY).to_list()
    assert not set(place_keys(addresses, KEY)) & set(place_keys(addresses, OTHER))


def test_an_intersection_keeps_both_streets():
    assert one_spelling("Oak St & Elm St") == "OAK ST & ELM ST"
    assert one_spelling("OAK ST/ELM ST") == "OAK ST/ELM ST"


def test_points_within_a_thousandth_of_a_degree_are_one_place():
    keys = place_keys_of_points(
        pl.Series([43.2781, 43.2779, 43.279, None]), pl.Series([-87.4, -87.4, -87.4, -87.4]), KEY
    )
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] is None


def test_a_key_that_is_no_secret_is_refused(write, tmp_path):
    assert read_key(write("place.key", "a" * 64 + "\n")) == b"a" * 64
    with pytest.raises(InputError, match="5 bytes"):
        read_key(write("short.key", "12345"))
    with pytest.raises(InputError, match="no file"):
        read_key(tmp_path / "absent.key")
