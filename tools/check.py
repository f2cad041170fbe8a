"""Linters, types, import contracts, then every test; and one line at the end that says how it went."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

BIN = Path(sys.executable).parent
BROWSER_TESTS = "tests/browser"

CHECKS = {
    "ruff": (BIN / "ruff", "check", "--quiet", "."),
    "format": (BIN / "ruff", "format", "--quiet", "--check", "."),
    "mypy": (BIN / "mypy", "--no-error-summary"),
    "imports": (BIN / "lint-imports", "--no-logo", "--config", "setup.cfg", "--cache-dir", ".cache/imports"),
}
HALVES = {
    "tests": ("--ignore", BROWSER_TESTS),
    "browser": (BROWSER_TESTS, "-o", "cache_dir=.cache/pytest-browser"),
}
"""Two runs side by side, for two cores: what Chromium shows takes nearly as long as everything else."""

COUNTS = ("tests", "failures", "errors", "skipped")
"""What pytest counts in its report."""

HINTS = {"format": "`make format` rewrites the files above."}


@dataclass(frozen=True)
class Tally:
    """How many tests ended how."""

    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        line = f"{self.passed} passed, {self.failed} failed"
        return f"{line}, {self.skipped} skipped" if self.skipped else line


def main() -> int:
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    failed += failed_tests()
    print(closing_line(failed, read_tally([report_of(half) for half in HALVES])))
    return 1 if failed else 0


def report_of(half: str) -> Path:
    """Where pytest counts one half of the tests."""
    return Path(f".cache/{half}-report.xml")


def failed_tests() -> list[str]:
    """Run both halves, showing one as it goes and the other when it is done; returns those that failed."""
    for half in HALVES:
        report_of(half).unlink(missing_ok=True)
    with tempfile.TemporaryFile() as told:
        beside = start("browser", told)
        ended = {"tests": start("tests").wait(), "browser": beside.wait()}
        told.seek(0)
        print(told.read().decode(errors="replace"), flush=True)
    return [half for half, status in ended.items() if status]


def start(half: str, output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Begin one half of the tests."""
    command = (sys.executable, "-m", "pytest", f"--junit-xml={report_of(half)}", *HALVES[half])
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output and subprocess.STDOUT
    )


def passes(name: str, command: tuple[str | Path, ...]) -> bool:
    """Run one linter, silent unless it has something to say."""
    started = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    verdict = "ok" if done.returncode == 0 else "FAILED"
    print(f"{name:8} {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr + HINTS.get(name, ""), flush=True)
    return done.returncode == 0


def read_tally(reports: Sequence[Path]) -> Tally | None:
    """Count from pytest's own reports; None when one of them did not live to be written."""
    if not all(report.is_file() for report in reports):
        return None
    suites = [suite for report in reports for suite in ElementTree.parse(report).findall("testsuite")]
    ran, failures, errors, skipped = (sum(int(suite.attrib[name]) for suite in suites) for name in COUNTS)
    return Tally(passed=ran - failures - errors - skipped, failed=failures + errors, skipped=skipped)


def closing_line(failed: list[str], tally: Tally | None) -> str:
    """The one line a person looks for."""
    if not failed:
        return f"Good: {tally}"
    if tally and set(failed) <= set(HALVES):
        return f"Failed: {tally}"
    return f"Failed: {', '.join(failed)} ({tally or 'pytest did not finish'})"


if __name__ == "__main__":
    sys.exit(main())
