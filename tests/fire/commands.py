"""`idp` commands beside a running provider, as an operator types them: one more process on the same database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.server import ROOT, RunningProvider, environment_for

COMMAND_SECONDS = 120


@contextmanager
def command_under_way(provider: RunningProvider, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start `idp …` with the provider's settings; at the end see that it did what it was told."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    with subprocess.Popen(
        [sys.executable, "-m", "idp", *words],
        cwd=ROOT,
        env={**others, **environment_for(provider.settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as command:
        try:
            yield command
            said, _ = command.communicate(timeout=COMMAND_SECONDS)
        finally:
            command.kill()
    assert command.returncode == 0, said


def run(provider: RunningProvider, *words: str) -> None:
    """Run `idp …` to its end."""
    with command_under_way(provider, *words):
        pass
