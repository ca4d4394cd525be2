"""A real PostgreSQL for the tests: a cluster in a temporary folder, on a free port, stopped and removed after.

PostgreSQL refuses to run as root, so root hands the cluster to the user `postgres`, whom the system package
makes. Only the server that was started here is ever stopped.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoPostgres(Exception):
    """Why no PostgreSQL could be started here."""


def _programs() -> Path:
    """The folder of initdb and pg_ctl: on the path, or where Debian puts them, the newest version first."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: float(p.parts[-3]), reverse=True
    )
    if not versions:
        raise NoPostgres("PostgreSQL is not installed (apt-get install postgresql)")
    return versions[0].parent


def _as_user(folder: Path) -> list[str]:
    """What stands before every command: nothing, or the change from root to the user postgres."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("this is root, and there is no user postgres to run the server") from None
    if shutil.which("runuser") is None:
        raise NoPostgres("this is root, and there is no runuser to become another user")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


@contextmanager
def postgres(password: str) -> Iterator[str]:
    """The address of a running server, user `reader` with `password` (which stands in the address). Raises NoPostgres."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="rightcall-pg-", dir="/tmp"))  # a socket's path must be short
    started = False
    user: list[str] = []

    def run(*command: str) -> None:
        done = subprocess.run(
            [*user, *command], cwd="/", capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise NoPostgres(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-300:]}")

    try:
        user = _as_user(folder)
        secret = folder / "secret"
        secret.write_text(password)
        if user:
            shutil.chown(secret, "postgres")
        data, log = str(folder / "data"), str(folder / "log")
        run(
            str(programs / "initdb"), "-D", data, "-U", "reader", f"--pwfile={secret}",
            "--auth=scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C",
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = (
            f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=America/Chicago"
        )
        # The server keeps its parent's pipes open, so its output goes to the log alone.
        subprocess.run(
            [*user, str(programs / "pg_ctl"), "-D", data, "-l", log, "-w", "-o", options, "start"],
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=True,
        )  # fmt: skip
        started = True
        yield f"postgresql://reader:{password}@127.0.0.1:{port}/postgres"
    except (OSError, subprocess.SubprocessError) as error:
        raise NoPostgres(str(error)) from error
    finally:
        if started:
            run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
