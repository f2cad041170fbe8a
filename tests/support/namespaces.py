"""Several machines in one: network namespaces, a cable between any two of them, and a knife.

    with separate_ground(("hub", "east", "west")) as ground:
        with ground.inside("east"):
            ...                                  # this thread is on East's machine, and so is what it starts
        with ground.cut("east", "hub"):
            ...                                  # packets between the two vanish; nobody refuses anything

Every installation goes on calling every other at 127.0.0.1 and its port: on each machine forwarders listen there and
carry on over the cables. Nothing is attached to the machine's own network, and all is gone afterwards.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import combinations, count
from pathlib import Path
from typing import Any

from tests.support.iproute import find_ip
from tests.support.nation import Ground

FORWARDER = Path(__file__).with_name("forwarder.py")
FIRST_PORT = 8000
COMMAND_SECONDS = 20
NEW_NETWORK = 0x40000000
"""CLONE_NEWNET of Linux."""
NOT_ALLOWED = ("not permitted", "denied", "not supported", "Unknown device type")
_runs = count(1)


class NamespacesNotAllowed(RuntimeError):
    """We may not make networks here; the text says why."""


class SeparateGround(Ground):
    """Each party on a machine of its own. Made by `separate_ground`."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._prefix = f"tongxing-{os.getpid()}-{next(_runs)}"
        self.ports = {name: FIRST_PORT + place for place, name in enumerate(names)}
        self._cables = dict(enumerate(combinations(names, 2)))

    def settings(self, name: str) -> dict[str, Any]:
        """Where it listens; a region also asks the other regions for the bundle when the hub is away."""
        if name == "hub":
            return {"port": self.ports[name]}
        others = [(other, port) for other, port in self.ports.items() if other not in ("hub", name)]
        mirrors = tuple(f"http://{other}.id.localhost:{port}/trust/bundle" for other, port in others)
        return {"port": self.ports[name], "trust_mirrors": mirrors}

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """This thread, and whatever it starts, is on that machine while the block runs."""
        with (
            open("/proc/thread-self/ns/net", "rb") as here,
            open(f"/run/netns/{self._namespace(name)}", "rb") as there,
        ):
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(here.fileno())

    @contextmanager
    def cut(self, one: str, *others: str) -> Iterator[None]:
        """Between `one` and the others all packets vanish while the block runs."""
        try:
            for other in others:
                self._ip(one, "link", "set", f"to-{other}", "down")
            yield
        finally:
            for other in others:
                self._ip(one, "link", "set", f"to-{other}", "up")

    def lay_out(self) -> None:
        """Make machines and cables. Raises: NamespacesNotAllowed."""
        for name in self.ports:
            _run_ip("netns", "add", self._namespace(name))
            self._ip(name, "link", "set", "lo", "up")
        for number, (one, other) in self._cables.items():
            peer = ("peer", "name", f"to-{one}", "netns", self._namespace(other))
            self._ip(one, "link", "add", f"to-{other}", "type", "veth", *peer)
            for end, (near, far) in enumerate(((one, other), (other, one)), start=1):
                self._ip(near, "address", "add", f"10.0.{number}.{end}/30", "dev", f"to-{far}")
                self._ip(near, "link", "set", f"to-{far}", "up")

    def remove(self) -> None:
        """Remove what there is of it. The cables go with their ends."""
        for name in self.ports:
            if Path(f"/run/netns/{self._namespace(name)}").exists():
                _run_ip("netns", "delete", self._namespace(name))

    @contextmanager
    def forwarding(self) -> Iterator[None]:
        """Carry connections between the machines while the block runs."""
        with ExitStack() as running:
            for name in self.ports:
                routes = json.dumps(list(self._routes(name)))
                with self.inside(name):
                    forwarder = running.enter_context(
                        subprocess.Popen(
                            [sys.executable, "-I", str(FORWARDER), routes],
                            stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE,
                        )
                    )
                running.callback(forwarder.kill)
                assert forwarder.stdout is not None
                assert forwarder.stdout.readline() == b"listening\n"
            yield

    def _routes(self, name: str) -> Iterator[tuple[str, int, str, int]]:
        """Of one machine: out to the others, and in from each of them."""
        for number, cable in self._cables.items():
            if name in cable:
                end = cable.index(name)
                far = self.ports[cable[1 - end]]
                yield "127.0.0.1", far, f"10.0.{number}.{2 - end}", far
                yield f"10.0.{number}.{end + 1}", self.ports[name], "127.0.0.1", self.ports[name]

    def _ip(self, name: str, *arguments: str) -> None:
        _run_ip("-n", self._namespace(name), *arguments)

    def _namespace(self, name: str) -> str:
        return f"{self._prefix}-{name}"


@contextmanager
def separate_ground(names: tuple[str, ...]) -> Iterator[SeparateGround]:
    """Machines with these names, and forwarders on them. Raises: NamespacesNotAllowed, IprouteMissing."""
    if os.geteuid():
        raise NamespacesNotAllowed("only root may make networks")
    ground = SeparateGround(names)
    try:
        ground.lay_out()
        with ground.forwarding():
            yield ground
    finally:
        ground.remove()


def _run_ip(*arguments: str) -> None:
    done = subprocess.run(
        [str(find_ip()), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    if done.returncode:
        told = f"ip {' '.join(arguments)}: {done.stderr.strip()}"
        if any(words in told for words in NOT_ALLOWED):
            raise NamespacesNotAllowed(f"this machine lets nobody make networks ({told})")
        raise RuntimeError(told)


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "setns")
