"""What a measurement was made on: processor count, memory, system and the versions that matter."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version


def description() -> str:
    """One line such as "2 cores, 24 GB, Linux x86_64, Python 3.11.7, polars 2.1.0"."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, polars {version('polars')}"
    )
