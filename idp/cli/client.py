"""`idp client`: the registry of mini-apps."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import click

from idp.cli import client_registry as registry
from idp.cli.acting import acting_option
from idp.cli.client_options import application_options, with_given
from idp.cli.governed import asked_instead, governed_options
from idp.cli.opening import open_services
from idp.cli.output import json_option, say_facts, say_json, say_table
from idp.foundation.events import EventKind
from idp.oidc.vocabulary import ClientAuthMethod
from idp.registry.application import Application, application_of
from idp.registry.application_document import document_of
from idp.registry.registration import Registered, changed_client, new_client, new_client_id, rotate_secret

if TYPE_CHECKING:
    from idp.oidc.client import Client
    from idp.registry.rules import Rules
    from idp.wiring import Services


@click.group(short_help="Register and change mini-apps.")
def client() -> None:
    """Register mini-apps, show, list, edit, disable and enable them, and give them new secrets."""


@client.command()
@click.option("--client-id", help="Its identifier; made up when left out.")
@click.option(
    "--sector-identifier-uri", help="Names the sector of its subjects by its host (OpenID Connect §8.1)."
)
@application_options
@governed_options
@json_option
def create(client_id: str | None, sector_identifier_uri: str | None, as_json: bool, **given: Any) -> None:
    """Register a mini-app. Its secret, when it gets one, is shown this once and never again."""
    with open_services() as services:
        base = Application(
            client_id=client_id or new_client_id(services.entropy),
            name={},
            organisation="",
            sector_identifier_uri=sector_identifier_uri,
        )
        wanted = with_given(base, given)
        if asked_instead(services, "client.create", document_of(wanted)):
            return
        registered = registry.checked(lambda: new_client(wanted, _rules(services), entropy=services.entropy))
        registry.add(services, registered.client)
    _say(registered, as_json)


@client.command()
@click.argument("client_id")
@application_options
@governed_options
@json_option
def edit(client_id: str, as_json: bool, **given: Any) -> None:
    """Change a mini-app. What is given replaces what was there; the rest stays. An empty address removes it.

    The sector of its subjects never changes. When the new authentication method needs a secret, one is made.
    """
    with open_services() as services:
        known = registry.find_to_change(services, client_id)
        application = with_given(application_of(known), given)
        signs = (
            application.auth_method is ClientAuthMethod.PRIVATE_KEY_JWT
            or application.require_signed_request_object
        )
        if not signs and given["jwks"] is None:
            application = replace(application, jwks=None)
        if asked_instead(services, "client.change", document_of(application)):
            return
        changed = registry.checked(
            lambda: changed_client(known, application, _rules(services), entropy=services.entropy)
        )
        registry.put(services, changed.client)
    _say(changed, as_json)


@client.command()
@click.argument("client_id")
@json_option
def show(client_id: str, as_json: bool) -> None:
    """Show a mini-app."""
    with open_services() as services:
        found = registry.find(services, client_id)
    _say(Registered(found), as_json)


@client.command("list")
@click.option("--after", default="", help="Begin behind this client id.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=100, show_default=True)
@json_option
def list_(after: str, limit: int, as_json: bool) -> None:
    """List mini-apps in order of their ids."""
    with open_services() as services:
        found = services.stores.registry.list_after(after, limit)
    if as_json:
        say_json([_facts(one) for one in found])
    else:
        rows = [
            (one.client_id, _any_name(one), one.organisation, str(one.auth_method), one.enabled)
            for one in found
        ]
        say_table(("client id", "name", "organisation", "authentication", "enabled"), rows)


@client.command()
@click.argument("client_id")
@governed_options
def disable(client_id: str) -> None:
    """Switch a mini-app off: nobody can sign in to it, and its tokens stop working within a second."""
    _switch(client_id, enabled=False)


@client.command()
@click.argument("client_id")
@governed_options
def enable(client_id: str) -> None:
    """Switch a mini-app on again."""
    _switch(client_id, enabled=True)


@client.command("rotate-secret")
@click.argument("client_id")
@acting_option
@json_option
def rotate_secret_(client_id: str, as_json: bool) -> None:
    """Give a mini-app a new secret, shown this once. The old one stops working within a second.

    Once changes take two people here it takes a token of somebody who may propose changes of mini-apps, and makes the
    first secret only: two people clear the one that is there (`client.drop_secret`).
    """
    with open_services() as services:
        asks = registry.who_hands_over(services, client_id)
        known = registry.find_to_change(services, client_id)
        registered = registry.checked(lambda: rotate_secret(known, entropy=services.entropy))
        if asks is None:
            registry.put(services, registered.client)
        else:
            registry.give_first_secret(services, registered.client, asks)
    _say(registered, as_json)


def _rules(services: Services) -> Rules:
    from idp.wiring.registering.rules import rules_of

    return rules_of(services.settings)


def _switch(client_id: str, *, enabled: bool) -> None:
    with open_services() as services:
        found = registry.find_to_change(services, client_id)
        kind = "client.restore" if enabled else "client.suspend"
        if asked_instead(services, kind, {"client_id": client_id}):
            return
        changed = services.stores.registry.set_enabled(client_id, enabled)
        if changed:
            registry.record(services, EventKind.CLIENT_CHANGED, found)
    state = "on" if enabled else "off"
    click.echo(f"{client_id} is switched {state}." if changed else f"{client_id} was {state} already.")


def _facts(one: Client) -> dict[str, Any]:
    """Everything but the secret's digest."""
    return {item.name: getattr(one, item.name) for item in fields(one) if item.name != "secret_hash"}


def _any_name(one: Client) -> str:
    return one.name.get("en") or next(iter(one.name.values()))


def _say(registered: Registered, as_json: bool) -> None:
    facts = _facts(registered.client)
    secret = registered.secret.reveal() if registered.secret else None
    if as_json:
        say_json({**facts, "client_secret": secret} if secret else facts)
        return
    keys = facts.pop("jwks")
    say_facts(
        [*facts.items(), ("jwks", [key.get("kid", key["kty"]) for key in keys["keys"]] if keys else None)]
    )
    if secret:
        click.echo(
            f"\nclient_secret  {secret}\nKeep it now: it is stored as a digest and cannot be shown again."
        )
