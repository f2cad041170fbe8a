"""The browser that the tests drive: the machine's own, since Playwright's cannot be fetched everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from playwright._impl._driver import compute_driver_executable

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
"""What keeps a test browser from talking to anyone but the pages under test."""


class ChromiumMissing(RuntimeError):
    """No Chromium on this machine; the text says how to get one."""


class PlaywrightBroken(RuntimeError):
    """Playwright is installed but cannot run on this machine; the text says why."""


def find_chromium() -> Path:
    """Find the browser: the variable CHROMIUM first, then the usual names.

    Raises: ChromiumMissing.
    """
    named = os.environ.get("CHROMIUM")
    for name in (named,) if named else NAMES:
        if found := shutil.which(name):
            return Path(found)
    if named:
        raise ChromiumMissing(f"CHROMIUM={named} is not a program. Name the browser itself, or unset it.")
    raise ChromiumMissing("Chromium is not installed. Install it, or name a Chrome by the variable CHROMIUM.")


def find_playwright_driver() -> Path:
    """Find the Node.js inside the Playwright package, and see that it starts on this machine.

    Raises: PlaywrightBroken.
    """
    driver = Path(compute_driver_executable()[0])
    started = subprocess.run([driver, "--version"], capture_output=True, text=True)
    if started.returncode:
        raise PlaywrightBroken(f"Playwright's own Node.js does not start here: {started.stderr.strip()}")
    return driver


def launch_args() -> list[str]:
    """The arguments to start it with. Playwright adds `--headless` and a fresh profile by itself."""
    # Chromium's sandbox refuses root, which is who CI is.
    return [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
