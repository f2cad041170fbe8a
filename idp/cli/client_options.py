"""What a mini-app is like, as options of a command, and the application that was meant by them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from idp.cli.output import Refused
from idp.oidc.profile import AVAILABLE
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType
from idp.registry.application import Application

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


def with_given(application: Application, given: Mapping[str, Any]) -> Application:
    """The application with what was given on the command line in place of what was there.

    Raises: Refused, click.BadParameter — a value that is no such thing.
    """
    changes = {
        name: _READERS.get(name, lambda value: value)(value)
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


def _or_none(uri: str) -> str | None:
    return uri or None


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "name": _names,
    "purposes": _purposes,
    "auth_method": ClientAuthMethod,
    "grant_types": lambda words: frozenset(map(GrantType, words)),
    "signing_alg": Algorithm,
    "subject_type": SubjectType,
    "profile": Profile,
    "jwks": _jwks,
    "logo_uri": _or_none,
    "policy_uri": _or_none,
    "tos_uri": _or_none,
    "backchannel_logout_uri": _or_none,
}
