"""Sets the provider up for a measurement: the only file here that knows its command line."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.people import CLIENT, PERSON, RESOURCE, SCOPE, Client

CLIENT_OPTIONS = {
    "--name": ("en=Bench", "zh-CN=测量"),
    "--organisation": ("Bench",),
    "--redirect-uri": (CLIENT.redirect_uri,),
    "--auth-method": ("client_secret_basic",),
    "--grant-type": ("authorization_code", "refresh_token", "client_credentials"),
    "--scope": ("openid", "profile", SCOPE),
    "--resource": (RESOURCE,),
}


class NotProvisioned(Exception):
    """One of the provider's own commands refused; the message has its words."""


def idp(environment: dict[str, str], *arguments: str, typed: str = "") -> str:
    """Run one `idp` command and return what it printed. Raises: NotProvisioned."""
    command = [sys.executable, "-m", "idp", *arguments]
    done = subprocess.run(command, env=environment, input=typed, capture_output=True, text=True)
    if done.returncode:
        raise NotProvisioned(f"idp {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def provision_provider(environment: dict[str, str]) -> dict[str, Client]:
    """Create tables, keys, the account, and one mini-app an algorithm; returns those by algorithm."""
    idp(environment, "db", "upgrade")
    idp(environment, "keys", "init")
    claims = [part for name, value in PERSON.claims.items() for part in ("--claim", f"{name}={value}")]
    idp(environment, "account", "create", PERSON.username, *claims, "--password-stdin", typed=PERSON.password)
    return {algorithm: create_client(environment, algorithm) for algorithm in ("ES256", "RS256")}


def create_client(environment: dict[str, str], algorithm: str) -> Client:
    options = [part for name, values in CLIENT_OPTIONS.items() for value in values for part in (name, value)]
    options += ["--client-id", f"{CLIENT.id}-{algorithm}", "--signing-alg", algorithm]
    registered = json.loads(idp(environment, "client", "create", *options, "--json"))
    return Client(registered["client_id"], registered["client_secret"], CLIENT.redirect_uri)
