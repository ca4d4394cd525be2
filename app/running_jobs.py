"""Jobs that run beside the page that asked for them, each once however many visitors ask.

A large export takes minutes. The page that asked shows how far it is, other pages and other visitors wait for the
same job instead of starting their own, and who closes the page finds the job done on coming back.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from app.job import Job, Recognised

Work = Callable[[Callable[[str], None], Callable[[Recognised], None]], Job]

# Reading takes most of both cores of a small machine; more at once would only make everyone wait longer.
_AT_ONCE: Final = threading.BoundedSemaphore(2)


class RunningJob:
    """One job: which step it is at, the columns once they are recognised, and in the end the job or its error."""

    def __init__(self, work: Work) -> None:
        self.step = "Waiting for another file to be read"
        self.recognised: Recognised | None = None
        self._work: Work | None = work
        self._done = threading.Event()
        self._job: Job | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether the job has ended, well or badly."""
        return self._done.is_set()

    @property
    def failed(self) -> bool:
        """Whether the job has ended with an error."""
        return self._error is not None

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; whether the job has ended."""
        return self._done.wait(seconds)

    def result(self) -> Job:
        """The job, waited for. Raises what the job raised: a RightcallError for what is wrong with the files."""
        self._done.wait()
        if self._error is not None:
            raise self._error.with_traceback(None)
        assert self._job is not None
        return self._job

    def _run(self) -> None:
        assert self._work is not None
        try:
            with _AT_ONCE:
                self._job = self._work(self._at, self._columns)
        except BaseException as error:  # handed to whoever asks for the result
            self._error = error
        finally:
            # The work holds the bytes of an upload: they are let go as soon as they are read.
            self._work = None
            self._done.set()

    def _at(self, step: str) -> None:
        self.step = step

    def _columns(self, found: Recognised) -> None:
        self.recognised = found


class RunningJobs:
    """The jobs by key, the least recently asked for dropped when there are more than `room`."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._jobs: OrderedDict[str, RunningJob] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, key: str, work: Work) -> RunningJob:
        """The job of this key, started now if nobody has asked for it yet. `key` names all that `work` depends on."""
        with self._lock:
            if key not in self._jobs:
                self._jobs[key] = RunningJob(work)
            self._jobs.move_to_end(key)
            while len(self._jobs) > self._room:
                self._jobs.popitem(last=False)
            return self._jobs[key]
