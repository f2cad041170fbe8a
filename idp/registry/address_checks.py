"""Where an application sends people, and which addresses it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from idp.foundation.sentence import N_, Problem, problem
from idp.oidc.redirect_uri import UnsafeRedirectUri, require_registrable
from idp.registry.application import Application
from idp.registry.rules import Rules, entries_of, without_sign_in
from idp.registry.words import (
    fault_of_link,
    fault_of_resource,
    split_uri,
)

LAST_LABEL = re.compile(r"(?:^|\.)[a-z][a-z0-9-]*$")
"""How a name ends, and no way of writing an IP address."""

ANSWERS = frozenset({"code", "state", "iss", "error", "error_description", "error_uri", "session_state"})
"""Parameters that we add to a redirect address, so that nobody may register one that has them already."""


def redirect_uris(application: Application, rules: Rules) -> Iterator[Problem]:
    """Spec: RFC 9700 §2.1; RFC 8252 §7; OpenID Connect Registration §2."""
    if application.signs_people_in and not application.redirect_uris:
        yield problem(
            "redirect_uris",
            "redirect-uri-missing",
            N_("A redirect URI is missing: without one nobody can be sent back."),
        )
    if not application.signs_people_in and application.redirect_uris:
        yield without_sign_in("redirect_uris")
    yield from _addresses("redirect_uris", application.redirect_uris, application, rules)


def post_logout_redirect_uris(application: Application, rules: Rules) -> Iterator[Problem]:
    """Spec: OpenID Connect RP-Initiated Logout §3."""
    uris = application.post_logout_redirect_uris
    yield from _addresses("post_logout_redirect_uris", uris, application, rules)


def backchannel_logout(application: Application, rules: Rules) -> Iterator[Problem]:
    """We call it, so it is a server's address, also when the app is an installed one.

    Spec: OpenID Connect Back-Channel Logout §2.2.
    """
    field, uri = "backchannel_logout_uri", application.backchannel_logout_uri
    if uri is None:
        if application.backchannel_logout_session_required:
            yield problem(
                field, "logout-uri-missing", N_("To be told of sessions it needs a back-channel logout URI.")
            )
        return
    if not application.signs_people_in:
        yield without_sign_in(field)
    parts = split_uri(uri)
    if parts and parts.hostname and not LAST_LABEL.search(parts.hostname):
        yield problem(field, "address-no-name", N_("“%(uri)s”: we call servers by their names."), uri=uri)
    yield from _addresses(field, (uri,), replace(application, native=False), rules)


def sector_identifier(application: Application, rules: Rules) -> Iterator[Problem]:
    """Spec: OpenID Connect Core §8.1: an https address."""
    uri = application.sector_identifier_uri
    if uri is not None and (fault := fault_of_link(uri, allow_http_localhost=rules.allow_http_localhost)):
        yield Problem("sector_identifier_uri", fault)


def resources(application: Application, rules: Rules) -> Iterator[Problem]:
    """Spec: RFC 8707 §2."""
    for field, uris in (("resources", application.resources), ("audiences", application.audiences)):
        yield from entries_of(field, uris)
        for uri in uris:
            if fault := fault_of_resource(uri, rules.issuer):
                yield Problem(field, fault)


def links(application: Application, rules: Rules) -> Iterator[Problem]:
    """What people may be shown and click. Spec: OpenID Connect Registration §2, §9.1."""
    for field in ("logo_uri", "policy_uri", "tos_uri"):
        uri = getattr(application, field)
        if uri is not None and (fault := fault_of_link(uri, allow_http_localhost=rules.allow_http_localhost)):
            yield Problem(field, fault)


def _addresses(
    field: str, uris: tuple[str, ...], application: Application, rules: Rules
) -> Iterator[Problem]:
    yield from entries_of(field, uris)
    for uri in uris:
        try:
            require_registrable(
                uri, native=application.native, allow_http_localhost=rules.allow_http_localhost
            )
        except UnsafeRedirectUri as error:
            yield Problem(field, error.sentence)
            continue
        parts = urlsplit(uri)
        if parts.hostname and parts.hostname == urlsplit(rules.issuer).hostname:
            # Our own pages are not written to keep a code secret.
            yield problem(
                field, "address-of-provider", N_("“%(uri)s” leads to the provider itself."), uri=uri
            )
        if ANSWERS & {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}:
            yield problem(
                field,
                "address-with-answer",
                N_("“%(uri)s” already carries a parameter that we answer with."),
                uri=uri,
            )
