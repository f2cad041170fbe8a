"""The rules of registration, one function each, and their order as data. Each yields every fault it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from idp.oidc.claims import ALL_CLAIMS, claims_of_scopes
from idp.oidc.profile import AVAILABLE
from idp.oidc.redirect_uri import UnsafeRedirectUri, require_registrable
from idp.oidc.scopes import OFFLINE_ACCESS, OPENID, SHOW_CODE, for_machines, for_signals
from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from idp.registry.application import Application
from idp.registry.jwks import problems_of_jwks
from idp.registry.words import (
    CLIENT_ID,
    LANGUAGE_TAG,
    SCOPE_TOKEN,
    fault_of_link,
    fault_of_resource,
    fault_of_text,
    split_uri,
)

MAX_ENTRIES = 50
"""Addresses, scopes, resources or audiences of one client."""
MAX_NAME_LENGTH = 100
MAX_PURPOSE_LENGTH = 200

LAST_LABEL = re.compile(r"(?:^|\.)[a-z][a-z0-9-]*$")
"""How a name ends, and no way of writing an IP address."""

ANSWERS = frozenset({"code", "state", "iss", "error", "error_description", "error_uri", "session_state"})
"""Parameters that we add to a redirect address, so that nobody may register one that has them already."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the checks need to know of the provider."""

    issuer: str
    region: str
    allow_http_localhost: bool
    """True in demo and development."""


def identifier(application: Application, rules: Rules) -> Iterator[str]:
    """The same characters in addresses, Basic headers (so no colon) and tokens. Spec: RFC 6749 §2.2."""
    if not CLIENT_ID.fullmatch(application.client_id):
        yield f"the client id {application.client_id!r} is not 1 to 64 letters, digits, dots or dashes"


def names(application: Application, rules: Rules) -> Iterator[str]:
    """People must be able to read who asks."""
    if not application.name:
        yield "a name in at least one language is missing"
    yield from _texts("name", application.name, MAX_NAME_LENGTH)
    if fault := fault_of_text(application.organisation, MAX_NAME_LENGTH):
        yield f"the organisation {application.organisation!r} {fault}"


def purposes(application: Application, rules: Rules) -> Iterator[str]:
    """Reasons are shown word for word, and only for claims that exist."""
    for claim, texts in application.purposes.items():
        if claim not in ALL_CLAIMS:
            yield f"a purpose is given for {claim!r}, which is no claim that we release"
        yield from _texts(f"purpose of {claim}", texts, MAX_PURPOSE_LENGTH)


def redirect_uris(application: Application, rules: Rules) -> Iterator[str]:
    """Spec: RFC 9700 §2.1; RFC 8252 §7; OpenID Connect Registration §2."""
    if application.signs_people_in and not application.redirect_uris:
        yield "a redirect URI is missing: without one nobody can be sent back"
    if not application.signs_people_in and application.redirect_uris:
        yield "redirect URIs are of use only with the authorization_code grant"
    yield from _addresses("redirect URI", application.redirect_uris, application, rules)


def post_logout_redirect_uris(application: Application, rules: Rules) -> Iterator[str]:
    """Spec: OpenID Connect RP-Initiated Logout §3."""
    uris = application.post_logout_redirect_uris
    yield from _addresses("post-logout redirect URI", uris, application, rules)


def backchannel_logout(application: Application, rules: Rules) -> Iterator[str]:
    """We call it, so it is a server's address, also when the app is an installed one.

    Spec: OpenID Connect Back-Channel Logout §2.2.
    """
    uri = application.backchannel_logout_uri
    if uri is None:
        if application.backchannel_logout_session_required:
            yield "to be told of sessions it needs a back-channel logout URI"
        return
    if not application.signs_people_in:
        yield "a back-channel logout URI is of use only with the authorization_code grant"
    parts = split_uri(uri)
    if parts and parts.hostname and not LAST_LABEL.search(parts.hostname):
        yield f"the back-channel logout URI {uri!r} is refused: we call servers by their names"
    yield from _addresses("back-channel logout URI", (uri,), replace(application, native=False), rules)


def sector_identifier(application: Application, rules: Rules) -> Iterator[str]:
    """Spec: OpenID Connect Core §8.1: an https address."""
    uri = application.sector_identifier_uri
    if uri is not None and (fault := fault_of_link(uri, allow_http_localhost=rules.allow_http_localhost)):
        yield f"the sector identifier URI {uri!r} {fault}"


def authentication(application: Application, rules: Rules) -> Iterator[str]:
    """Keys for whoever signs, and nobody else. Spec: OpenID Connect Core §9; RFC 9101 §6.2; RFC 8252 §8.5."""
    by_key = application.auth_method is ClientAuthMethod.PRIVATE_KEY_JWT
    if by_key and application.jwks is None:
        yield "private_key_jwt needs the client's public keys (a JWKS)"
    signs = application.require_signed_request_object
    if signs and application.jwks is None:
        yield "signed requests need the client's public keys (a JWKS)"
    if not by_key and not signs and application.jwks is not None:
        yield (
            f"keys are of no use with {application.auth_method}: choose private_key_jwt, "
            "require signed requests, or leave them out"
        )
    if application.jwks is not None:
        yield from problems_of_jwks(application.jwks)
    if application.native and application.auth_method is not ClientAuthMethod.NONE:
        yield "a native app cannot keep a secret from its users: its authentication method is none, with PKCE"


def grants(application: Application, rules: Rules) -> Iterator[str]:
    """Which grants go together, and with whom. Spec: RFC 6749 §4.4 (confidential clients only)."""
    if not application.grant_types:
        yield "at least one grant type is missing"
    if GrantType.REFRESH_TOKEN in application.grant_types and not application.signs_people_in:
        yield "refresh_token goes with authorization_code only"
    if application.auth_method is not ClientAuthMethod.NONE:
        return
    if GrantType.CLIENT_CREDENTIALS in application.grant_types:
        yield "a public client may not use client_credentials: anybody could pretend to be it"
    if application.audiences:
        yield "a public client cannot be an audience: it could not introspect (RFC 7662 §2.1)"


def ways_to_ask(application: Application, rules: Rules) -> Iterator[str]:
    """Who never asks for a sign-in has no way to do it. Spec: RFC 9126 §6; RFC 9101 §10.5."""
    demands = application.require_pushed_authorization_requests or application.require_signed_request_object
    if demands and not application.signs_people_in:
        yield "pushed and signed requests are of use only with the authorization_code grant"


def scopes(application: Application, rules: Rules) -> Iterator[str]:
    """Spec: RFC 6749 §3.3; OpenID Connect Core §3.1.2.1, §11."""
    for scope in application.scopes:
        if not SCOPE_TOKEN.fullmatch(scope):
            yield f"the scope {scope!r} is not a scope word (RFC 6749 §3.3)"
    yield from _entries("scopes", application.scopes)
    if application.signs_people_in and OPENID not in application.scopes:
        yield "the scopes must contain openid to sign people in"
    if OFFLINE_ACCESS in application.scopes and GrantType.REFRESH_TOKEN not in application.grant_types:
        yield "offline_access needs the refresh_token grant"
    if for_signals(application.scopes) and GrantType.CLIENT_CREDENTIALS not in application.grant_types:
        yield "ssf.read and ssf.manage need the client_credentials grant"
    if GrantType.CLIENT_CREDENTIALS in application.grant_types:
        elsewhere, signals = for_machines(application.scopes), for_signals(application.scopes)
        if not elsewhere and not signals:
            yield "client_credentials needs a scope that is not about a person"
        # The transmitter of events is ours, and no resource that anybody registers.
        if not application.resources and (elsewhere or not signals):
            yield "client_credentials needs a resource to get tokens for"


def shown_codes(application: Application, rules: Rules) -> Iterator[str]:
    """Who may redeem what citizens show at a counter (`idp.oidc.show_code`)."""
    if SHOW_CODE not in application.scopes:
        return
    if application.auth_method is ClientAuthMethod.NONE:
        yield "a public client may not redeem shown codes: anybody could pretend to be it"
    if not claims_of_scopes(application.scopes):
        yield "show_code needs a scope with claims to release, such as profile"


def resources(application: Application, rules: Rules) -> Iterator[str]:
    """Spec: RFC 8707 §2."""
    for word, uris in (("resource", application.resources), ("audience", application.audiences)):
        yield from _entries(f"{word}s", uris)
        for uri in uris:
            if fault := fault_of_resource(uri, rules.issuer):
                yield f"the {word} {uri!r} {fault}"


def links(application: Application, rules: Rules) -> Iterator[str]:
    """What people may be shown and click. Spec: OpenID Connect Registration §2, §9.1."""
    shown = {
        "logo": application.logo_uri,
        "privacy policy": application.policy_uri,
        "terms": application.tos_uri,
    }
    for word, uri in shown.items():
        if uri is not None and (fault := fault_of_link(uri, allow_http_localhost=rules.allow_http_localhost)):
            yield f"the {word} address {uri!r} {fault}"


def profile(application: Application, rules: Rules) -> Iterator[str]:
    """A profile that promises more than it checks is worse than none."""
    if application.profile not in AVAILABLE:
        yield f"the profile {application.profile} does not exist yet: choose {' or '.join(sorted(AVAILABLE))}"


Check = Callable[[Application, Rules], Iterator[str]]

CHECKS: tuple[Check, ...] = (
    identifier,
    names,
    redirect_uris,
    post_logout_redirect_uris,
    backchannel_logout,
    sector_identifier,
    authentication,
    grants,
    ways_to_ask,
    scopes,
    shown_codes,
    resources,
    links,
    profile,
    purposes,
)


OF_ENTITIES: tuple[Check, ...] = tuple(check for check in CHECKS if check not in (identifier, profile))
"""For entities of the federation, whose id is an address that others vouch for, and whose profile is a setting of the
region. All else holds for them too."""


def problems_of(
    application: Application, rules: Rules, checks: tuple[Check, ...] = CHECKS
) -> tuple[str, ...]:
    """Everything that speaks against an application, a sentence each; empty when nothing does."""
    return tuple(problem for check in checks for problem in check(application, rules))


def _texts(what: str, texts: Mapping[str, str], max_length: int) -> Iterator[str]:
    for tag, text in texts.items():
        if not LANGUAGE_TAG.fullmatch(tag):
            yield f"the {what} has {tag!r} where a language tag such as en or zh-CN belongs"
        if fault := fault_of_text(text, max_length):
            yield f"the {what} in {tag!r} {fault}"


def _addresses(what: str, uris: tuple[str, ...], application: Application, rules: Rules) -> Iterator[str]:
    yield from _entries(f"{what}s", uris)
    for uri in uris:
        try:
            require_registrable(
                uri, native=application.native, allow_http_localhost=rules.allow_http_localhost
            )
        except UnsafeRedirectUri as error:
            yield f"the {what} {uri!r} is refused: {error}"
            continue
        parts = urlsplit(uri)
        if parts.hostname and parts.hostname == urlsplit(rules.issuer).hostname:
            # Our own pages are not written to keep a code secret.
            yield f"the {what} {uri!r} is refused: it leads to the provider itself"
        if ANSWERS & {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}:
            yield f"the {what} {uri!r} is refused: it already carries a parameter that we answer with"


def _entries(what: str, entries: tuple[str, ...]) -> Iterator[str]:
    if len(entries) > MAX_ENTRIES:
        yield f"there are more than {MAX_ENTRIES} {what}"
    for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
        yield f"{entry!r} appears twice among the {what}"
