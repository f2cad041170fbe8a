"""`idp client`: the registry of mini-apps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from idp.cli.acting import acting, acting_option
from idp.cli.governed import asked_instead, explained, governed_options
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table
from idp.foundation.events import Event, EventKind
from idp.oidc.client import Client
from idp.oidc.profile import AVAILABLE
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType
from idp.registry.application import Application, application_of
from idp.registry.application_document import document_of
from idp.registry.checks import Rules
from idp.registry.registration import (
    RefusedClient,
    Registered,
    changed_client,
    new_client,
    new_client_id,
    rotate_secret,
)
from idp.settings import Mode

if TYPE_CHECKING:
    from idp.wiring import Services

F = TypeVar("F", bound=Callable[..., Any])


def _choice(words: Any) -> click.Choice[str]:
    return click.Choice([str(word) for word in words])


OPTIONS = (
    click.option(
        "--name", multiple=True, metavar="LANG=TEXT", help="Its name, such as en=Tax; once a language."
    ),
    click.option("--organisation", help="Who answers for it."),
    click.option(
        "--redirect-uri", "redirect_uris", multiple=True, help="Where people are sent back to; repeatable."
    ),
    click.option(
        "--post-logout-redirect-uri",
        "post_logout_redirect_uris",
        multiple=True,
        help="Where people are sent after signing out; repeatable.",
    ),
    click.option("--backchannel-logout-uri", help="Where we tell it that a session has ended."),
    click.option(
        "--require-logout-session/--any-logout",
        "backchannel_logout_session_required",
        default=None,
        help="Whether it must be told which session (it always is).",
    ),
    click.option(
        "--auth-method", type=_choice(ClientAuthMethod), help="How it proves itself at the token endpoint."
    ),
    click.option("--grant-type", "grant_types", multiple=True, type=_choice(GrantType), help="Repeatable."),
    click.option("--scope", "scopes", multiple=True, help="What it may ask for; repeatable."),
    click.option(
        "--resource", "resources", multiple=True, help="An audience it may ask tokens for; repeatable."
    ),
    click.option(
        "--audience", "audiences", multiple=True, help="An audience it is, to introspect; repeatable."
    ),
    click.option(
        "--jwks",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file with its public keys, for private_key_jwt and signed requests.",
    ),
    click.option("--signing-alg", type=_choice(Algorithm), help="With what we sign its tokens."),
    click.option(
        "--subject-type", type=_choice(SubjectType), help="Whether `sub` differs from sector to sector."
    ),
    click.option("--profile", type=_choice(sorted(AVAILABLE)), help="The security profile."),
    click.option(
        "--purpose",
        "purposes",
        multiple=True,
        metavar="CLAIM:LANG=TEXT",
        help="Why it asks for a claim, shown when people agree; repeatable.",
    ),
    click.option("--logo-uri", help="Its logo."),
    click.option("--policy-uri", help="Its privacy policy."),
    click.option("--tos-uri", help="Its terms."),
    click.option(
        "--require-pushed-requests/--allow-unpushed-requests",
        "require_pushed_authorization_requests",
        default=None,
        help="Whether it must push its authorization requests (RFC 9126).",
    ),
    click.option(
        "--require-signed-requests/--allow-unsigned-requests",
        "require_signed_request_object",
        default=None,
        help="Whether it must sign its authorization requests (RFC 9101).",
    ),
    click.option(
        "--require-dpop/--allow-bearer-tokens",
        "dpop_bound_access_tokens",
        default=None,
        help="Whether it only gets tokens bound to a key of its own (RFC 9449).",
    ),
    click.option("--native/--web", "native", default=None, help="An installed app, or a web site."),
)


def application_options(command: F) -> F:
    """Add the options that say what a mini-app is like."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


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
        if asked_instead(services, "client.create", document_of(_edited(base, given))):
            return
        registered = _checked(
            lambda: new_client(_edited(base, given), _rules(services), entropy=services.entropy)
        )
        now = services.clock.now()
        if not services.stores.registry.add(registered.client, now=now):
            raise Refused(
                f"there is a client {registered.client.client_id} already: `idp client edit` changes it"
            )
        _record(services, EventKind.CLIENT_CREATED, registered.client)
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
        known = _find_to_change(services, client_id)
        application = _edited(application_of(known), given)
        signs = (
            application.auth_method is ClientAuthMethod.PRIVATE_KEY_JWT
            or application.require_signed_request_object
        )
        if not signs and given["jwks"] is None:
            application = replace(application, jwks=None)
        if asked_instead(services, "client.change", document_of(application)):
            return
        changed = _checked(
            lambda: changed_client(known, application, _rules(services), entropy=services.entropy)
        )
        _put(services, changed.client)
    _say(changed, as_json)


@client.command()
@click.argument("client_id")
@json_option
def show(client_id: str, as_json: bool) -> None:
    """Show a mini-app."""
    with open_services() as services:
        found = _find(services, client_id)
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
        asks = _who_hands_over(services)
        known = _find_to_change(services, client_id)
        registered = _checked(lambda: rotate_secret(known, entropy=services.entropy))
        if asks is None:
            _put(services, registered.client)
        else:
            _give_first_secret(services, registered.client, asks)
    _say(registered, as_json)


def _who_hands_over(services: Services) -> str | None:
    """The member of the staff who makes a secret; None while the installation is being set up. Raises: Refused."""
    from idp.governance.roles import Action

    if not services.governed():
        return None
    with explained():
        here = acting(services)
        here.require(Action.APP_PROPOSE)
    return here.member.id


def _give_first_secret(services: Services, made: Client, staff_id: str) -> None:
    """Raises: Refused — it has a secret, and another one would be that of whoever asks."""
    registry, now = services.stores.registry, services.clock.now()
    with services.database.transaction():
        if made.secret_hash is None or not registry.give_first_secret(made.client_id, made.secret_hash):
            raise Refused(
                f"{made.client_id} has a secret, and changes take two people here: ask for client.drop_secret"
                " (`idp change propose`), and make the next one when it is applied"
            )
        by = f"secret {staff_id}"
        services.stores.events.record(
            Event(EventKind.CLIENT_CHANGED, now, client_id=made.client_id, subject=by)
        )


def _edited(application: Application, given: Mapping[str, Any]) -> Application:
    """The application with what was given on the command line in place of what was there."""
    readers: Mapping[str, Callable[[Any], Any]] = {
        "name": _names,
        "purposes": _purposes,
        "auth_method": ClientAuthMethod,
        "grant_types": lambda words: frozenset(map(GrantType, words)),
        "signing_alg": Algorithm,
        "subject_type": SubjectType,
        "profile": Profile,
        "jwks": _jwks,
        "logo_uri": lambda uri: uri or None,
        "policy_uri": lambda uri: uri or None,
        "tos_uri": lambda uri: uri or None,
        "backchannel_logout_uri": lambda uri: uri or None,
    }
    changes = {
        name: readers.get(name, lambda value: value)(value)
        for name, value in given.items()
        if value is not None and value != ()
    }
    return replace(application, **changes)


def _names(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if not all(equals for _, equals, _ in pairs):
        raise click.BadParameter("write LANG=TEXT, such as en=Tax", param_hint="--name")
    return {tag: text for tag, _, text in pairs}


def _purposes(texts: tuple[str, ...]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        claim, colon, rest = text.partition(":")
        tag, equals, reason = rest.partition("=")
        if not (colon and equals):
            message = "write CLAIM:LANG=TEXT, such as birthdate:en=To find your allowance"
            raise click.BadParameter(message, param_hint="--purpose")
        found.setdefault(claim, {})[tag] = reason
    return found


def _jwks(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON: {error}") from error


def _rules(services: Services) -> Rules:
    settings = services.settings
    return Rules(
        issuer=settings.issuer,
        region=settings.region,
        allow_http_localhost=settings.mode is not Mode.PRODUCTION,
    )


def _checked(make: Callable[[], Registered]) -> Registered:
    try:
        registered = make()
    except RefusedClient as refused:
        raise Refused(*refused.problems) from refused
    _require_usable_keys(registered.client)
    return registered


def _require_usable_keys(checked: Client) -> None:
    """A key may look right and be none, such as a point that is not on its curve. Raises: Refused."""
    from idp.adapters.jose_client_keys import ClientKeys

    if checked.jwks is None:
        return
    for number, key in enumerate(checked.jwks["keys"], 1):
        alone = replace(checked, jwks={"keys": [key]})
        if not any(ClientKeys().candidates(alone, None, algorithm) for algorithm in Algorithm):
            raise Refused(f"key {number} of the key set cannot verify anything: its numbers make no key")


def _find(services: Services, client_id: str) -> Client:
    found = services.stores.registry.find_by_id(client_id)
    if found is None:
        raise Refused(f"there is no client {client_id!r}: `idp client list` shows them")
    return found


def _find_to_change(services: Services, client_id: str) -> Client:
    """Raises: Refused — there is none, or what happens to it is decided by review."""
    found = _find(services, client_id)
    if services.stores.apps.has_life_cycle(client_id):
        raise Refused(
            f"{client_id} was submitted for review: a new version changes it (`idp app submit`), `idp app propose`"
            " asks two people to restore or retire it, and its developers make its secret (`idp app secret`)"
        )
    return found


def _put(services: Services, changed: Client) -> None:
    if not services.stores.registry.replace(changed):
        raise Refused(f"the client {changed.client_id} is gone")
    _record(services, EventKind.CLIENT_CHANGED, changed)


def _switch(client_id: str, *, enabled: bool) -> None:
    with open_services() as services:
        found = _find_to_change(services, client_id)
        kind = "client.restore" if enabled else "client.suspend"
        if asked_instead(services, kind, {"client_id": client_id}):
            return
        changed = services.stores.registry.set_enabled(client_id, enabled)
        if changed:
            _record(services, EventKind.CLIENT_CHANGED, found)
    state = "on" if enabled else "off"
    click.echo(f"{client_id} is switched {state}." if changed else f"{client_id} was {state} already.")


def _record(services: Services, kind: EventKind, changed: Client) -> None:
    services.stores.events.record(Event(kind, services.clock.now(), client_id=changed.client_id))


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
