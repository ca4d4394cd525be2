"""Starting the app: one local server, bound to this machine, that stops when the command stops.

The options are given as flags, so that they hold wherever the command is started; `.streamlit/config.toml`
says the same for a developer who starts the server by hand.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from call_codes.errors import InputError, UsageError

ADDRESS: Final = "127.0.0.1"
HOME: Final = Path(__file__).parent / "home.py"
CONFIG: Final[dict[str, Any]] = {
    "server.address": ADDRESS,
    "server.allowedHosts": ["localhost", ADDRESS],
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": False,
    "browser.serverAddress": ADDRESS,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "type",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "theme.base": "light",
    "theme.primaryColor": "#0072B2",
    "theme.textColor": "#0a0a0a",
    "theme.linkColor": "#00548a",
    "theme.headingFontSizes": ["2.1rem", "1.5rem", "1.2rem", "1rem", "1rem", "1rem"],
}


def serve(file: Path | None, port: int, *, headless: bool = False) -> int:
    """Serve the app on this machine until it is stopped; returns the server's exit code (0 after Ctrl-C).

    Raises InputError where `file` is not there and UsageError where the port is taken or out of range.
    """
    if file is not None and not file.is_file():
        raise InputError(
            found=f"no file {file}.",
            expected="the path of a calls-for-service export.",
            action="Check the path, or leave it away to open the sample city.",
        )
    check_port(port)
    # The server works in the folder of the code, so that a folder "calls" where the user happens to be
    # cannot take the place of ours.
    process = subprocess.Popen(
        command(file, port, headless=headless), cwd=HOME.parents[1], env=_environment()
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


def command(file: Path | None, port: int, *, headless: bool = False) -> list[str]:
    """The server's command line: this Python, the entry script, CONFIG as flags, and the file behind `--`."""
    options: dict[str, Any] = {**CONFIG, "server.port": port}
    if headless:
        options["server.headless"] = True
    flags = [f"--{name}={item}" for name, value in options.items() for item in _flag_values(name, value)]
    behind = ["--", str(file.resolve())] if file is not None else []
    return [sys.executable, "-m", "streamlit", "run", str(HOME), *flags, *behind]


def _flag_values(name: str, value: Any) -> list[str]:
    """A value as the server's command line takes it: lists of the theme as JSON, other lists one flag each."""
    if isinstance(value, list) and name.startswith("theme."):
        return [json.dumps(value)]
    if isinstance(value, list):
        return [str(item) for item in value]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def check_port(port: int) -> None:
    """Raise UsageError where no server can listen on `port` of this machine."""
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
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise UsageError(
                found=f"port {port} of this machine is in use already.",
                expected="a free port. Perhaps the app is still running in another window.",
                action=f"Open http://{ADDRESS}:{port} in the browser, or add --port {port + 1}",
            ) from error


def _environment() -> dict[str, str]:
    # The libraries below the text model are told to ask no model hub, whatever happens.
    return {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
