"""Who is meant by a client_id: the registry's, or whom trust makes a client at this moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from idp.oidc.client import Client
from idp.oidc.client_finder import ClientFinder
from idp.oidc.errors import InvalidClient
from tests.unit.oidc.given import NOW, a_client

ENTITY = "https://west.example/rp"
CHAIN = ("its own statement", "the anchor's")


@dataclass
class Registry:
    """Some clients."""

    clients: dict[str, Client]

    def find_by_id(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)


@dataclass
class Registrar:
    """Makes whoever asks a client, or nobody."""

    makes: Client | None
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def register(self, client_id: str, chain: tuple[str, ...], *, now: datetime) -> Client | None:
        self.asked.append((client_id, chain))
        return self.makes


def test_a_known_client_is_not_registered_again() -> None:
    known, registrar = a_client(), Registrar(None)

    found = ClientFinder(Registry({"tax": known}), registrar).get("tax", CHAIN, now=NOW)

    assert (found, registrar.asked) == (known, [])


def test_an_unknown_one_is_registered_by_the_chain_it_sent() -> None:
    made = replace(a_client(), client_id=ENTITY)
    registrar = Registrar(made)

    found = ClientFinder(Registry({}), registrar).get(ENTITY, CHAIN, now=NOW)

    assert (found, registrar.asked) == (made, [(ENTITY, CHAIN)])


def test_a_registration_ends_with_the_chain_behind_it() -> None:
    """To the moment; then trust is asked anew, and without a registrar nobody answers."""
    lapsing = replace(a_client(), client_id=ENTITY, trust_expires_at=NOW)
    before, registrar = NOW - timedelta(milliseconds=1), Registrar(None)

    assert ClientFinder(Registry({ENTITY: lapsing})).find(ENTITY, now=before) == lapsing
    assert ClientFinder(Registry({ENTITY: lapsing})).find(ENTITY, now=NOW) is None
    assert ClientFinder(Registry({ENTITY: lapsing}), registrar).find(ENTITY, CHAIN, now=NOW) is None
    assert registrar.asked == [(ENTITY, CHAIN)]


def test_nobody_and_the_switched_off_are_refused() -> None:
    finder = ClientFinder(Registry({"tax": a_client(enabled=False)}))

    for client_id in ("tax", "nobody"):
        with pytest.raises(InvalidClient):
            finder.get(client_id, now=NOW)
    assert finder.find("tax", now=NOW) is not None
