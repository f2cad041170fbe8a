"""The servers that are measured: how each is set up, started, awaited and stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.client import Connection
from benchmarks.people import CLIENT, PERSON, RESOURCE, SCOPE, Client
from benchmarks.provision import provision_provider

HERE = Path(__file__).parent
CHECKOUT = HERE.parent
HOST = "127.0.0.1"
DISCOVERY = "/.well-known/openid-configuration"


class ServerFailed(Exception):
    """A contestant did not start or died; the message has the end of its log."""


@dataclass(slots=True)
class Contestant:
    """One server with one database, and the few ways in which its dialect differs.

    `code_form` goes with authorize, code and refresh: a peer that hands out JWT access tokens only for a named
    resource is asked for one. `separate_userinfo_token`: such a token is then refused at userinfo and
    introspection, so those get one of its opaque tokens instead. `rsa_client` is a client that wants RS256.
    """

    name: str
    database: str
    port: int
    command: list[str]
    environment: dict[str, str]
    log: Path
    client: Client = CLIENT
    scope: str = "openid profile"
    rsa_client: Client | None = None
    code_form: dict[str, str] = field(default_factory=dict)
    separate_userinfo_token: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def label(self) -> str:
        return f"{self.name} {self.database}"

    @property
    def issuer(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        if self.process is None:
            raise ServerFailed(f"{self.label} is not running")
        return self.process.pid

    def start(self) -> float:
        """Start the server; returns the seconds from exec to its first 200."""
        with self.log.open("ab") as log:
            started = time.perf_counter()
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=CHECKOUT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while time.perf_counter() - started < 30:
            if self.process.poll() is not None:
                break
            if self._answers():
                return time.perf_counter() - started
            time.sleep(0.004)
        raise ServerFailed(f"{self.label} did not answer:\n{self.log.read_text()[-2000:]}")

    def _answers(self) -> bool:
        try:
            connection = Connection(HOST, self.port)
        except OSError:
            return False
        try:
            return connection.request("GET", DISCOVERY, {}).status == 200
        except (OSError, ConnectionError):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End the server and everything it started (it leads its own process group)."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def environment_with(**settings: str) -> dict[str, str]:
    """This process's environment without any IDP_ setting of the developer's, plus `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    return (
        kept
        | {"PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), kept.get("PYTHONPATH")]))}
        | settings
    )


def floor(database: str, location: str, port: int, folder: Path, synchronous: str) -> Contestant:
    """The floor on granian, one worker, four blocking threads. `location`: a path or a libpq URL."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "4", "--blocking-threads-idle-timeout", "600"]
    command += [
        "--backpressure",
        "64",
        "--no-ws",
        "--no-access-log",
        "--log-level",
        "warning",
        "benchmarks.floor:app",
    ]
    settings = {
        "FLOOR_ISSUER": f"http://{HOST}:{port}",
        "FLOOR_DATABASE": location,
        "BENCH_SYNC": synchronous,
    }
    return Contestant(
        "floor", database, port, command, environment_with(**settings), folder / f"floor-{port}.log"
    )


def node_peer(node: Path, location: str, port: int, folder: Path, synchronous: str) -> Contestant:
    """npm oidc-provider on one Node process, with JWT access tokens for one resource."""
    people = {"client": asdict(CLIENT), "person": asdict(PERSON), "resource": RESOURCE, "scope": SCOPE}
    settings = {"NODE_ENV": "production", "PEER_PORT": str(port), "PEER_DATABASE": location}
    settings |= {"PEER_PEOPLE": json.dumps(people), "BENCH_SYNC": synchronous}
    command = [str(node), str(HERE / "peer_node" / "server.js")]
    return Contestant(
        "node",
        "SQLite",
        port,
        command,
        environment_with(**settings),
        folder / f"node-{port}.log",
        scope=f"openid profile {SCOPE}",
        code_form={"resource": RESOURCE},
        separate_userinfo_token=True,
    )


def provider(
    database: str, location: str, port: int, folder: Path, synchronous: str, *, hashing: bool = False
) -> Contestant:
    """This product, set up by its own commands, served by `idp serve`: one worker, four threads.

    Without `hashing` passwords get the smallest hash there is, so that what remains of a sign-in can be seen.
    """
    settings = {
        "IDP_MODE": "development",
        "IDP_ISSUER": f"http://{HOST}:{port}",
        "IDP_DATABASE_URL": location,
        "IDP_DATABASE_SYNC": synchronous,
        "IDP_SECRET_KEY": "benchmark-secret-key-of-no-value-to-anybody",
        "IDP_BIND": f"{HOST}:{port}",
        "IDP_WORKERS": "1",
        "IDP_THREADS": "4",
    }
    if not hashing:
        settings |= {"IDP_ARGON2_MEMORY_KIB": "8", "IDP_ARGON2_PASSES": "1"}
    environment = environment_with(**settings)
    clients = provision_provider(environment)
    command = [sys.executable, "-m", "idp", "serve"]
    log = folder / f"provider-{port}.log"
    return Contestant(
        "provider", database, port, command, environment, log, clients["ES256"], rsa_client=clients["RS256"]
    )
