"""The only place that speaks HTTP: patient with servers that are busy, and plain about those that refuse.

A busy server (429, 5xx, a cut connection) is asked again after the time it names, else after 1, 2, 4 ... seconds.
Nothing is sent but the request; no cookie is kept and no tracking parameter added.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from call_codes.errors import InputError

if TYPE_CHECKING:
    import requests

BUSY: Final = (429, 500, 502, 503, 504)
_TRIES: Final = 6
_LONGEST_WAIT: Final = 300.0  # a server that names more wants to be left alone for today
_TIMEOUT: Final = (10.0, 90.0)
_QUOTED: Final = 200
_SECRET_WORDS: Final = ("token", "key", "secret", "password", "signature", "sig")
_NO_NAME: Final = "its name is not known here, as it is without a connection to the internet"
_TRIES_FOR_A_NAME: Final = 2  # a name that is not known now will hardly be known in half a minute


@dataclass(frozen=True)
class Web:
    """How to ask. `sleep` is how it waits (tests pass their own); `headers` go with every request."""

    sleep: Callable[[float], None] = time.sleep
    headers: Mapping[str, str] = field(default_factory=dict)
    tries: int = _TRIES

    def json(
        self,
        url: str,
        params: Mapping[str, str | int] | None = None,
        *,
        status_inside: Callable[[Any], int | None] = lambda document: None,
    ) -> Any:
        """The JSON document at `url`. `status_inside` finds the status of portals that wrap errors in a 200."""

        def read(response: requests.Response) -> Any:
            try:
                document = response.json()
            except ValueError as error:
                raise _unexpected(url, "an answer that is not JSON") from error
            inside = status_inside(document)
            if inside in BUSY:
                raise _Busy(f"the server is busy ({inside})", None)
            return document

        return self._ask(url, params, {}, read)

    def text(self, url: str, params: Mapping[str, str | int] | None = None) -> str:
        """The text at `url`, as UTF-8 unless the server says otherwise."""

        def read(response: requests.Response) -> str:
            response.encoding = response.encoding if "charset" in _kind(response) else "utf-8"
            return str(response.text)

        return str(self._ask(url, params, {}, read))

    @contextmanager
    def stream(self, url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """An open response for a large file, asked for once; the caller goes on after a break."""
        import requests

        with requests.Session() as session:
            session.headers.update({**self.headers, **headers})
            with session.get(url, stream=True, timeout=_TIMEOUT) as response:
                yield response

    def tries_for(self, reason: str) -> int:
        """How often to ask, given why the last try failed."""
        return min(self.tries, _TRIES_FOR_A_NAME) if reason == _NO_NAME else self.tries

    def _ask(
        self,
        url: str,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str],
        read: Callable[[requests.Response], Any],
    ) -> Any:
        import requests

        reason, attempt = "", 0
        for attempt in range(self.tries):
            try:
                response = requests.get(
                    url, params=params, headers={**self.headers, **headers}, timeout=_TIMEOUT
                )
                check_status(response, url)
                return read(response)
            except _Busy as busy:
                reason, wait = str(busy), busy.wait
            except requests.exceptions.InvalidURL as error:
                raise _unexpected(url, "an address that cannot be read") from error
            except requests.RequestException as error:
                reason, wait = reason_of(error), None
            if attempt + 1 >= self.tries_for(reason):
                break
            self.sleep(wait_before(attempt, wait, url))
        raise gave_up(url, reason, attempt + 1)


class _Busy(Exception):
    """The server asks for patience; `wait` in seconds where it says how long."""

    def __init__(self, reason: str, wait: float | None) -> None:
        super().__init__(reason)
        self.wait = wait


Busy = _Busy


def check_status(response: requests.Response, url: str) -> None:
    """Raise Busy for what may pass, InputError in a sentence for what will not."""
    status = response.status_code
    if status in BUSY:
        raise _Busy(f"the server is busy ({status})", _retry_after(response))
    if status in (401, 403):
        raise InputError(
            found=f"{_host(url)} does not give this out without permission ({status}).",
            expected="a public dataset.",
            action="Check in a browser that it is public; ask the publisher otherwise.",
        )
    if status in (404, 410):
        raise InputError(
            found=f"{_host(url)} has nothing at {urlsplit(url).path} ({status}).",
            expected="the address of a dataset that is still published.",
            action="Copy the address again from the portal's page of the dataset.",
        )
    if status >= 400:
        said = " ".join(response.text.split())[:_QUOTED]
        raise _unexpected(url, f"the answer {status}" + (f" ({said})" if said else ""))


def wait_before(attempt: int, asked: float | None, url: str) -> float:
    """Seconds to wait before the next try: what the server asked for, else 1, 2, 4 … up to 60."""
    if asked is not None and asked > _LONGEST_WAIT:
        raise InputError(
            found=f"{_host(url)} asks to be left alone for {asked / 60:.0f} minutes.",
            expected="a server with time for us.",
            action="Run the same command again later: it goes on where it stopped.",
        )
    return asked if asked is not None else min(60.0, 2.0**attempt)


def gave_up(url: str, reason: str, tries: int) -> InputError:
    """The sentence for a server that could not be reached in `tries` attempts."""
    return InputError(
        found=f"no answer from {_host(url)} in {tries} tries: {reason}.",
        expected="a working connection to the internet, and a portal that is up.",
        action="Run the same command again later: it goes on where it stopped. "
        "Without internet here, download the file elsewhere and copy it over.",
    )


def reason_of(error: Exception) -> str:
    """A network fault in a few words, without the library's nested tale."""
    import requests

    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate could not be checked"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    text = str(error)
    if "Name or service not known" in text or "NameResolution" in text or "getaddrinfo" in text:
        return _NO_NAME
    return "the connection was refused or broke off"


def _retry_after(response: requests.Response) -> float | None:
    said = response.headers.get("Retry-After", "").strip()
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _unexpected(url: str, what: str) -> InputError:
    return InputError(
        found=f"{what} from {_host(url)}.",
        expected="a dataset that the portal hands out by its interface.",
        action="Check the address in a browser; name the portal's kind with --kind if it was mistaken.",
    )


def public_address(url: str) -> str:
    """An address without user, password, token or key: what may be written down beside a file."""
    parts = urlsplit(url)
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not any(word in name.lower() for word in _SECRET_WORDS)
    ]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, urlencode(kept), ""))


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or url


def _kind(response: requests.Response) -> str:
    return str(response.headers.get("Content-Type", "")).lower()
