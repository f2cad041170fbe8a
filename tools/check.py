"""Linters, types, import contracts, then every test; and one line at the end that says how it went."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

BIN = Path(sys.executable).parent
CHECKS = {
    "ruff": (BIN / "ruff", "check", "--quiet", "."),
    "format": (BIN / "ruff", "format", "--quiet", "--check", "."),
    "mypy": (BIN / "mypy", "--no-error-summary"),
    "imports": (BIN / "lint-imports", "--no-logo", "--config", "setup.cfg", "--cache-dir", ".cache/imports"),
}
TESTS = (sys.executable, "-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")
"""A process for each core, and whoever is done first takes over from the others."""

REPORT = Path(".cache/tests-report.xml")
"""Where pytest counts."""

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
    failed += ["tests"] * bool(failed_tests())
    print(closing_line(failed, read_tally(REPORT)))
    return 1 if failed else 0


def failed_tests() -> int:
    """Run every test and show how it goes; what pytest exits with."""
    REPORT.unlink(missing_ok=True)
    return subprocess.run((*TESTS, f"--junit-xml={REPORT}"), stdin=subprocess.DEVNULL).returncode


def passes(name: str, command: tuple[str | Path, ...]) -> bool:
    """Run one linter, silent unless it has something to say."""
    started = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    verdict = "ok" if done.returncode == 0 else "FAILED"
    print(f"{name:8} {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr + HINTS.get(name, ""), flush=True)
    return done.returncode == 0


def read_tally(report: Path) -> Tally | None:
    """Count from pytest's own report; None when pytest did not live to write it."""
    if not report.is_file():
        return None
    suites = ElementTree.parse(report).findall("testsuite")
    ran, failures, errors, skipped = (sum(int(suite.attrib[name]) for suite in suites) for name in COUNTS)
    return Tally(passed=ran - failures - errors - skipped, failed=failures + errors, skipped=skipped)


def closing_line(failed: list[str], tally: Tally | None) -> str:
    """The one line a person looks for."""
    if not failed:
        return f"Good: {tally}"
    if tally and failed == ["tests"]:
        return f"Failed: {tally}"
    return f"Failed: {', '.join(failed)} ({tally or 'pytest did not finish'})"


if __name__ == "__main__":
    sys.exit(main())
