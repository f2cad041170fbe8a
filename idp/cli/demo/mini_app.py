"""The process of a mini-app: `python -m idp.cli.demo.mini_app <port>`. Only `idp demo` starts it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from idp.cli.server import Address, run
from idp.foundation.resources import folder

THREADS = 8


def load_mini_app() -> Callable[..., Any]:
    """The mini-app, as the one worker builds it; its settings are in the environment."""
    from importlib import import_module

    from idp.adapters import localhost

    # The mini-app speaks to the region by name, and it knows nothing of this trick.
    localhost.install()
    sys.path.insert(0, str(folder("examples")))
    application: Callable[..., Any] = import_module("mini_app").create_app()
    return application


if __name__ == "__main__":
    # One process: the mini-app keeps its sessions in memory.
    run(load_mini_app, Address("127.0.0.1", int(sys.argv[1])), workers=1, threads=THREADS, quiet=True)
