"""Twenty people in the app at once, on the sample city: how long each click takes.

    python -m benchmarks.app_sessions [--visitors 20] [--reading-seconds 5]

Each visitor opens page after page and changes what pages show, reading between two clicks. Every fourth sends an
export of its own and must never be told anything of another's. Printed: seconds from the click until the page stands,
by kind of click. The visitors are clients of the page library's protocol (app_visitor), so that both cores are the
server's.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.app_visitor import Answered, Visitor

ROOT = Path(__file__).resolve().parents[1]
POLICIES = ("civilian_admin", "denver_star", "narrow_clinical", "seattle_care")
PAGES = ("overview", "call-types", "eligibility", "officer-time", "plan", "evaluate", "report-data", "about")
LIMIT_SECONDS = 3.0


@contextmanager
def server(log: Path | None = None) -> Iterator[str]:
    """`rightcall app` on a free port, stopped at the end; its address. log: where the server's words go."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    words = open(log or os.devnull, "w")  # noqa: SIM115
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "app", "--port", str(port), "--headless"],
        cwd=ROOT,
        stdout=words,
        stderr=words,
    )
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{base}/_stcore/health", timeout=2):
                    break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        words.close()


def own_export(number: int) -> tuple[str, bytes]:
    """An export that only one visitor has: its name, and a call type that names nobody but itself."""
    mark = f"QZX{number:04}"
    lines = ["Incident,Call Type,Received,Cleared"]
    lines += [
        f"{mark}-{i},WELFARE CHECK {mark},03/{1 + i % 28:02}/2024 10:00:00,03/{1 + i % 28:02}/2024 10:30:00"
        for i in range(60)
    ]
    return mark, "\n".join(lines).encode()


def visit(
    base: str, number: int, reading_seconds: float, rounds: int
) -> tuple[list[Answered], list[str], str]:
    """One visitor from coming to going: its clicks, the errors that it saw, and everything that it was told."""
    chance = random.Random(number)
    visitor, failures = Visitor(base), list[str]()

    def read() -> None:
        failures.extend(visitor.failures)
        time.sleep(reading_seconds * chance.uniform(0.5, 1.5))

    try:
        visitor.open()
        read()
        if number % 4 == 0:
            mark, content = own_export(number)
            visitor.set("open", string_value=visitor.widgets["open"].options[-1])
            visitor.upload("upload", f"{mark}.csv", content)
            read()
        for turn in range(rounds):
            for page in PAGES:
                visitor.open(page)
                read()
                if page in ("overview", "officer-time"):
                    policy = visitor.widgets["policy"]
                    label = policy.options[(number + turn + len(page)) % len(policy.options)]
                    visitor.set("policy", string_value=label)
                    read()
        return visitor.answers, failures, visitor.words
    finally:
        visitor.close()


def crowd(
    base: str, visitors: int, reading_seconds: float, rounds: int
) -> tuple[dict[int, list[Answered]], dict[int, list[str]], dict[int, str]]:
    """All visitors at once. Clicks, errors and what each was told, by visitor."""
    clicks: dict[int, list[Answered]] = {}
    failures: dict[int, list[str]] = defaultdict(list)
    told: dict[int, str] = {}

    def one(number: int) -> None:
        try:
            clicks[number], failures[number], told[number] = visit(base, number, reading_seconds, rounds)
        except Exception as error:
            failures[number].append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(visitors)]
    for thread in threads:
        thread.start()
        time.sleep(reading_seconds / max(visitors, 1))
    for thread in threads:
        thread.join()
    return clicks, failures, told


def strangers_seen(told: dict[int, str]) -> list[str]:
    """Marks of one visitor's export in what another was told; empty is right."""
    marks = {number: own_export(number)[0] for number in told if number % 4 == 0}
    return [
        f"visitor {reader} was told {mark}"
        for reader, words in told.items()
        for owner, mark in marks.items()
        if owner != reader and mark in words
    ]


def quantile(seconds: list[float], share: float) -> float:
    """The value below which this share of the seconds lies."""
    ordered = sorted(seconds)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def main() -> int:
    """Run and print; exit code 1 for an error, a stranger's data, or clicks above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--reading-seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--log", type=Path, help="Where the server's own words go.")
    asked = parser.parse_args()
    with server(asked.log) as base:
        Visitor(base).open()  # the city is read once, before the crowd comes
        clicks, failures, told = crowd(base, asked.visitors, asked.reading_seconds, asked.rounds)
    by_kind: dict[str, list[float]] = defaultdict(list)
    for answered in (a for answers in clicks.values() for a in answers):
        kind = answered.what if answered.what.startswith("page") else answered.what.split(" =")[0]
        by_kind[kind].append(answered.seconds)
        by_kind["all clicks"].append(answered.seconds)
    print(f"{asked.visitors} visitors, reading {asked.reading_seconds:g} s between clicks")
    print(f"{'click':24}{'number':>8}{'median s':>10}{'p95 s':>8}{'max s':>8}")
    for kind, seconds in sorted(by_kind.items()):
        row = (quantile(seconds, 0.5), quantile(seconds, 0.95), max(seconds))
        print(
            f"{kind:24}{len(seconds):8}"
            + "".join(f"{v:{w}.2f}" for v, w in zip(row, (10, 8, 8), strict=True))
        )
    wrong = [f for number in failures for f in failures[number]] + strangers_seen(told)
    print("\n".join(wrong) or "no error, and nobody was told of another's data")
    return int(bool(wrong) or quantile(by_kind["all clicks"], 0.95) > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
