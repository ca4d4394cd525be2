"""A plain file at an address: fetched in pieces, going on from the byte where it broke off.

A server that can go on (Range) is asked to, on the condition that the file is still the same (If-Range); any
other starts over.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import requests

from call_codes.errors import InputError
from calls.fetch.saving import Fetched, Progress, cannot_write, finish, part_of
from calls.fetch.web import Busy, Web, check_status, gave_up, public_address, reason_of, wait_before

_PIECE: Final = 1 << 14  # a break loses the piece under way


def fetch_file(
    url: str,
    out: Path,
    *,
    web: Web,
    now: str,
    progress: Progress = lambda done, total: None,
) -> Fetched:
    """Fetch the file at `url` to `out`. `progress` is told bytes. Raises InputError in a sentence."""
    part, state_path = part_of(out)
    reason = ""
    resumed = False
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(web.tries):
            wait = None
            try:
                resumed = _one_try(url, part, state_path, web, progress) or resumed
                break
            except Busy as busy:
                reason, wait = str(busy), busy.wait
            except requests.RequestException as error:
                reason = reason_of(error)
            if attempt + 1 >= web.tries_for(reason):
                raise gave_up(url, reason, attempt + 1)
            web.sleep(wait_before(attempt, wait, url))
        if part.stat().st_size == 0:
            raise InputError(
                found="an empty file.",
                expected="a table with at least one call.",
                action="Check the address in a browser.",
            )
        return finish(
            out, {"kind": "file", "source": public_address(url)}, rows=None, resumed=resumed, now=now
        )
    except OSError as error:
        raise cannot_write(out, error) from error


def _one_try(url: str, part: Path, state_path: Path, web: Web, progress: Progress) -> bool:
    """Ask once and write what comes; True where it went on from an earlier piece. Raises where it breaks off."""
    have, mark = _reached(url, part, state_path)
    headers = {"Accept-Encoding": "identity"}
    if have and mark:
        headers |= {"Range": f"bytes={have}-", "If-Range": mark}
    with web.stream(url, headers) as response:
        if response.status_code == 416:
            part.unlink(missing_ok=True)  # the file has shrunk: what is here is of another one
            raise Busy("the file has changed", None)
        check_status(response, url)
        goes_on = response.status_code == 206
        start = have if goes_on else 0
        length = response.headers.get("Content-Length")
        total = start + int(length) if length else None
        mark = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        state_path.write_text(json.dumps({"url": public_address(url), "mark": mark}), encoding="utf-8")
        with part.open("ab" if goes_on else "wb") as file:
            done = start
            for piece in response.iter_content(_PIECE):
                file.write(piece)
                done += len(piece)
                progress(done, total)
            file.flush()
            os.fsync(file.fileno())
        if total is not None and done < total:
            raise requests.exceptions.ChunkedEncodingError("cut short")
    return goes_on


def _reached(url: str, part: Path, state_path: Path) -> tuple[int, str]:
    """Bytes of the same address that are here, and the mark by which the server knows the file again."""
    try:
        state: dict[str, Any] = json.loads(state_path.read_text("utf-8"))
        mark = str(state["mark"])
        # A weak mark is no promise that the bytes are the same.
        if state["url"] == public_address(url) and mark and not mark.startswith("W/"):
            return part.stat().st_size, mark
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, ""
