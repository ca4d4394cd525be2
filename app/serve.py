"""Starting the app: one local server, bound to this machine, that stops when the command stops.

The options are given as flags, so that they hold wherever the command is started; `.streamlit/config.toml`
says the same for a developer who starts the server by hand.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from call_codes.errors import InputError, UsageError

ADDRESS: Final = "127.0.0.1"
HOME: Final = Path(__file__).parent / "home.py"
CONFIG: Final[dict[str, Any]] = {
    "server.address": ADDRESS,
    "server.allowedHosts": ["localhost", ADDRESS],
    "server.maxUploadSize": 1000,
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": False,
    "browser.serverAddress": ADDRESS,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "type",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "theme.primaryColor": "#0072B2",
    "theme.light.textColor": "#0a0a0a",
    "theme.light.linkColor": "#00548a",
    "theme.dark.textColor": "#f5f5f5",
    "theme.dark.linkColor": "#9cd0f5",
    "theme.headingFontSizes": ["2.1rem", "1.5rem", "1.2rem", "1rem", "1rem", "1rem"],
}


@dataclass(frozen=True)
class Place:
    """Where the app is served. hosts: names besides this machine's own under which a browser may ask for it, such as
    the one of a proxy in front. path: the part of the address after the host, "" for none. upload_mb: the largest upload.
    """

    port: int = 8501
    address: str = ADDRESS
    hosts: tuple[str, ...] = ()
    path: str = ""
    upload_mb: int = CONFIG["server.maxUploadSize"]


def serve(
    sources: Sequence[Path] = (),
    place: Place = Place(),
    *,
    decisions: str | None = None,
    headless: bool = False,
) -> int:
    """Serve the app until it is stopped; returns the server's exit code (0 after Ctrl-C).

    sources: exports, one folder, or one rightcall.toml; none for the sample city. decisions: where reviewers'
    decisions are kept (a file, or the address of a database). Raises InputError where a source is not there and
    UsageError where the port is taken or out of range.
    """
    for source in sources:
        if not source.exists():
            raise InputError(
                found=f"no file {source}.",
                expected="the path of a calls-for-service export, a folder of exports, or a rightcall.toml.",
                action="Check the path, or leave it away to open the sample city.",
            )
    if len(sources) > 1 and any(s.is_dir() or s.suffix.lower() == ".toml" for s in sources):
        raise UsageError(
            found="a folder or a settings file beside other files.",
            expected="exports of one city, or one folder, or one rightcall.toml.",
            action="Name one of them.",
        )
    check_port(place.port, place.address)
    environment = _environment()
    if decisions is not None:
        environment["RIGHTCALL_DECISIONS"] = decisions
    # The server works in the folder of the code, so that a folder "calls" where the user happens to be
    # cannot take the place of ours.
    process = subprocess.Popen(
        command(sources, place, headless=headless), cwd=HOME.parents[1], env=environment
    )
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        return process.wait()
    except (KeyboardInterrupt, SystemExit):
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=10)


def command(sources: Sequence[Path], place: Place, *, headless: bool = False) -> list[str]:
    """The server's command line: this Python, the entry script, CONFIG as flags, and the sources behind `--`."""
    options: dict[str, Any] = {
        **CONFIG,
        "server.port": place.port,
        "server.address": place.address,
        "server.allowedHosts": [*CONFIG["server.allowedHosts"], *place.hosts],
        "server.maxUploadSize": place.upload_mb,
    }
    if place.path:
        options["server.baseUrlPath"] = place.path
    if place.hosts:
        options["browser.serverAddress"] = place.hosts[0]
    if headless or place.address != ADDRESS:
        options["server.headless"] = True
    flags = [f"--{name}={item}" for name, value in options.items() for item in _flag_values(name, value)]
    behind = ["--", *(str(source.resolve()) for source in sources)] if sources else []
    return [sys.executable, "-m", "streamlit", "run", str(HOME), *flags, *behind]


def _flag_values(name: str, value: Any) -> list[str]:
    """A value as the server's command line takes it: lists of the theme as JSON, other lists one flag each."""
    if isinstance(value, list) and name.startswith("theme."):
        return [json.dumps(value)]
    if isinstance(value, list):
        return [str(item) for item in value]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def check_port(port: int, address: str = ADDRESS) -> None:
    """Raise UsageError where no server can listen on `port` of this machine's `address`."""
    if not 1024 <= port <= 65535:
        raise UsageError(
            found=f"--port {port}.",
            expected="a number from 1024 to 65535.",
            action="Leave --port away, or choose such a number.",
        )
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A port that the last server has just left is free, though the system still holds it back.
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, None) or isinstance(error, socket.gaierror):
                raise UsageError(
                    found=f"--address {address}, which is none of this machine's.",
                    expected="127.0.0.1 (this machine only), or 0.0.0.0 (every network it is in).",
                    action="Leave --address away unless a sign-in stands in front (docs/serving-a-team.md).",
                ) from error
            raise UsageError(
                found=f"port {port} of this machine is in use already.",
                expected="a free port. Perhaps the app is still running in another window.",
                action=f"Open http://{ADDRESS}:{port} in the browser, or add --port {port + 1}",
            ) from error


def _environment() -> dict[str, str]:
    # The libraries below the text model are told to ask no model hub, whatever happens.
    return {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "RIGHTCALL_WARM_UP": "1"}


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
