"""What takes a passkey is done at a page: a command says at which, waits, and tells what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import click

from idp.cli.output import Refused

T = TypeVar("T")

LOOK_EVERY = timedelta(seconds=1)
timeout_option = click.option(
    "--timeout", type=click.IntRange(0, 3_600), default=300, show_default=True, help="Seconds to wait for it."
)


def done_at_page(address: str, look: Callable[[], T | None], timeout: int) -> T:
    """Say where somebody uses their passkey, and wait until `look` finds what came of it.

    The address goes to standard error, so that the outcome stands alone. Raises: Refused — the time is over.
    """
    click.echo(f"Open {address} and use your passkey.", err=True)
    never, left = threading.Event(), timeout
    while (found := look()) is None:
        if left <= 0:
            raise Refused("nobody has done it there yet: it can still be done, and nothing was changed")
        never.wait(LOOK_EVERY.total_seconds())
        left -= 1
    return found
