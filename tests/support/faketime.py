"""Processes whose clock is wrong: Debian's libfaketime tells them another time. How long something takes stays true."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

LIBRARIES = Path("/usr/lib")


class FaketimeMissing(RuntimeError):
    """No libfaketime on this machine; the text says how to get it."""


def find_faketime() -> Path:
    """Find the library, in the build for programs with threads. Raises: FaketimeMissing."""
    for found in sorted(LIBRARIES.glob("*/faketime/libfaketimeMT.so.1")):
        return found
    raise FaketimeMissing("libfaketime is not installed. Install faketime, so that tests can shift clocks.")


class ClockFile:
    """How wrong the clock of some processes is. They look whenever they are asked for the time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.be_off(timedelta(0))

    def be_off(self, by: timedelta) -> None:
        """From now on."""
        whole = self._path.with_suffix(".new")
        whole.write_text(f"{by.total_seconds():+.0f}s\n")
        whole.replace(self._path)

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to have this clock. Raises: FaketimeMissing."""
        return {
            "LD_PRELOAD": str(find_faketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
