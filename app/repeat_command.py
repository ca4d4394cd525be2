"""The options by which the command line reads and judges calls as they are open: for "the command that repeats this".

Files are named without their folders, and under the names that the app gives them where they are taken along.
"""

from __future__ import annotations

import re
from pathlib import Path

from app.job import Job
from call_codes.policy import policy_names


def repeat_options(job: Job) -> list[str]:
    """--policy, --layout, --crosswalk and --time-zone of `job`, which all commands know that read an export."""
    settings = job.settings
    policy = Path(settings.policy).name
    if policy not in policy_names() and not policy.endswith(".toml"):
        policy = f"{policy}.toml"  # built in the app, and downloaded under its id
    words = ["--policy", policy]
    if settings.layout:
        words += ["--layout", Path(settings.layout).name]
    if settings.crosswalk:
        words += ["--crosswalk", settings.crosswalk.name]
    elif job.files and (job.types["basis"] == "signed").any():
        words += ["--crosswalk", crosswalk_file(job.files[0].name)]
    return [*words, "--time-zone", settings.time_zone] if settings.time_zone else words


def crosswalk_file(export: str) -> str:
    """The name under which decisions about an export are taken along: "our town.csv" → "our_town_crosswalk.csv"."""
    return f"{file_stem(export)}_crosswalk.csv"


def file_stem(name: str) -> str:
    """A file's name without its endings and without signs that a file name should not hold."""
    return re.sub(r"[^\w-]+", "_", name.partition(".")[0]).strip("_")[:60] or "calls"
