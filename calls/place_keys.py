"""Pseudonyms of places: a keyed hash that tells repeats at one place and never which place.

A plain hash of an address is no secret, because all addresses of a city can be hashed and compared; without the
key that is impossible. Whoever holds the key can still test a guess, so it stays with the agency, outside of
every result, and is destroyed when the work is done.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from call_codes.errors import InputError

_LEAST_KEY_BYTES: Final = 32
_MOST_KEY_BYTES: Final = 64  # BLAKE2b takes no longer key
_KEY_BYTES: Final = (
    8  # 64 bits: among a million places two share a key with a probability of 3 in 100 million
)
# A place is a building. The apartment tells a household, and is written in too many ways to be relied upon.
_WITHIN: Final = re.compile(
    r"(?:\b(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|FL|FLOOR|LOT|BLDG)\b|#)\.? *[\w-]+"
)
_NO_PLACE: Final = frozenset(
    {"", "UNKNOWN", "UNK", "N A", "NONE", "NULL", "NO ADDRESS", "CONFIDENTIAL", "REDACTED"}
)


@dataclass(frozen=True)
class PlaceSource:
    """Where places come from: the address columns of the export, joined, and the secret key."""

    columns: tuple[str, ...]
    key: bytes = field(repr=False)


def read_key(path: str | Path) -> bytes:
    """The secret key: the contents of a file of 32 to 64 bytes, white space at its ends left out.

    Raises InputError if there is no such file or it is too short to be a secret. 32 random bytes in hexadecimal
    (64 characters) are a good key.
    """
    path = Path(path)
    try:
        key = path.read_bytes().strip()
    except OSError:
        key = b""
    if not _LEAST_KEY_BYTES <= len(key) <= _MOST_KEY_BYTES:
        raise InputError(
            found=f"{len(key)} bytes in the key file {path.name}"
            if path.exists()
            else f"no file {path.name}",
            expected=f"a secret key of {_LEAST_KEY_BYTES} to {_MOST_KEY_BYTES} random characters",
            action='make one with: python -c "import secrets; print(secrets.token_hex(32))" > place.key, and keep '
            "it apart from the results; the same key gives the same pseudonyms again",
        )
    return key


def one_spelling(address: str) -> str:
    """An address in capitals, without punctuation, double blanks and what lies within the building."""
    text = _WITHIN.sub(" ", address.upper())
    return " ".join(re.sub(r"[^\w/&]+", " ", text).split())


def place_keys(addresses: pl.Series, key: bytes) -> pl.Series:
    """The pseudonym (16 hexadecimal digits) of every address (String); null where it names no place.

    BLAKE2b keyed with `key`, of the address in one spelling. Street names are not otherwise unified: "1 OAK ST" and
    "1 OAK STREET" are two places, so an export with free spelling shows too few repeats.
    """
    distinct = addresses.drop_nulls().unique()
    spelled = [one_spelling(address) for address in distinct]
    hashed = [None if text in _NO_PLACE else _keyed(text, key) for text in spelled]
    return addresses.replace_strict(distinct, pl.Series(hashed, dtype=pl.String), default=None).alias(
        "place_key"
    )


def place_keys_of_points(latitude: pl.Series, longitude: pl.Series, key: bytes) -> pl.Series:
    """As place_keys, of coordinates rounded to 3 decimals: a place of about 100 meters, not one building."""
    points = pl.DataFrame({"latitude": latitude.round(3) + 0.0, "longitude": longitude.round(3) + 0.0})
    text = points.select(
        pl.when(pl.all_horizontal(pl.all().is_not_null())).then(
            pl.format("{}/{}", (pl.col("latitude") * 1000).round().cast(pl.Int64), (pl.col("longitude") * 1000).round().cast(pl.Int64))
        )
    ).to_series()  # fmt: skip
    distinct = text.drop_nulls().unique()
    hashed = pl.Series([_keyed(point, key) for point in distinct], dtype=pl.String)
    return text.replace_strict(distinct, hashed, default=None).alias("place_key")


def _keyed(text: str, key: bytes) -> str:
    return hashlib.blake2b(text.encode(), key=key, digest_size=_KEY_BYTES).hexdigest()
