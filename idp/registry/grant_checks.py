"""How an application proves itself, and what it may ask for."""

from __future__ import annotations

from collections.abc import Iterator

from idp.foundation.sentence import N_, Problem, problem
from idp.oidc.claims import claims_of_scopes
from idp.oidc.profile import AVAILABLE
from idp.oidc.scopes import OFFLINE_ACCESS, OPENID, SHOW_CODE, for_machines, for_signals
from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from idp.registry.application import Application
from idp.registry.jwks import faults_of_jwks
from idp.registry.rules import Rules, entries_of, without_sign_in
from idp.registry.words import (
    SCOPE_TOKEN,
)


def authentication(application: Application, rules: Rules) -> Iterator[Problem]:
    """Keys for whoever signs, and nobody else. Spec: OpenID Connect Core §9; RFC 9101 §6.2; RFC 8252 §8.5."""
    by_key = application.auth_method is ClientAuthMethod.PRIVATE_KEY_JWT
    if by_key and application.jwks is None:
        yield problem("jwks", "keys-missing", N_("private_key_jwt needs the client's public keys (a JWKS)."))
    signs = application.require_signed_request_object
    if signs and application.jwks is None:
        yield problem(
            "jwks", "keys-missing-for-requests", N_("Signed requests need the client's public keys (a JWKS).")
        )
    if not by_key and not signs and application.jwks is not None:
        yield problem(
            "jwks",
            "keys-of-no-use",
            N_(
                "Keys are of no use with %(method)s: choose private_key_jwt, require signed requests, or leave"
                " them out."
            ),
            method=application.auth_method,
        )
    if application.jwks is not None:
        yield from (Problem("jwks", sentence) for sentence in faults_of_jwks(application.jwks))
    if application.native and application.auth_method is not ClientAuthMethod.NONE:
        yield problem(
            "auth_method",
            "native-app-with-secret",
            N_(
                "A native app cannot keep a secret from its users: its authentication method is none, with PKCE."
            ),
        )


def grants(application: Application, rules: Rules) -> Iterator[Problem]:
    """Which grants go together, and with whom. Spec: RFC 6749 §4.4 (confidential clients only)."""
    if not application.grant_types:
        yield problem("grant_types", "grant-type-missing", N_("At least one grant type is missing."))
    if GrantType.REFRESH_TOKEN in application.grant_types and not application.signs_people_in:
        yield problem(
            "grant_types", "refresh-token-alone", N_("refresh_token goes with authorization_code only.")
        )
    if application.auth_method is not ClientAuthMethod.NONE:
        return
    if GrantType.CLIENT_CREDENTIALS in application.grant_types:
        yield problem(
            "grant_types",
            "public-client-as-machine",
            N_("A public client may not use client_credentials: anybody could pretend to be it."),
        )
    if application.audiences:
        yield problem(
            "audiences",
            "public-client-as-audience",
            N_("A public client cannot be an audience: it could not introspect (RFC 7662 §2.1)."),
        )


def ways_to_ask(application: Application, rules: Rules) -> Iterator[Problem]:
    """Who never asks for a sign-in has no way to do it. Spec: RFC 9126 §6; RFC 9101 §10.5."""
    demands = application.require_pushed_authorization_requests or application.require_signed_request_object
    if demands and not application.signs_people_in:
        field = (
            "require_signed_request_object"
            if application.require_signed_request_object
            else "require_pushed_authorization_requests"
        )
        yield without_sign_in(field)


def scopes(application: Application, rules: Rules) -> Iterator[Problem]:
    """Spec: RFC 6749 §3.3; OpenID Connect Core §3.1.2.1, §11."""
    for scope in application.scopes:
        if not SCOPE_TOKEN.fullmatch(scope):
            yield problem(
                "scopes", "scope-characters", N_("“%(scope)s” is no scope word (RFC 6749 §3.3)."), scope=scope
            )
    yield from entries_of("scopes", application.scopes)
    if application.signs_people_in and OPENID not in application.scopes:
        yield problem("scopes", "openid-missing", N_("To sign people in, openid is missing."))
    if OFFLINE_ACCESS in application.scopes and GrantType.REFRESH_TOKEN not in application.grant_types:
        yield problem(
            "scopes", "offline-without-refresh", N_("offline_access needs the refresh_token grant.")
        )
    if for_signals(application.scopes) and GrantType.CLIENT_CREDENTIALS not in application.grant_types:
        yield problem(
            "scopes",
            "signals-without-machine",
            N_("ssf.read and ssf.manage need the client_credentials grant."),
        )
    if GrantType.CLIENT_CREDENTIALS in application.grant_types:
        elsewhere, signals = for_machines(application.scopes), for_signals(application.scopes)
        if not elsewhere and not signals:
            yield problem(
                "scopes",
                "machine-without-scope",
                N_("client_credentials needs a scope that is not about a person."),
            )
        # The transmitter of events is ours, and no resource that anybody registers.
        if not application.resources and (elsewhere or not signals):
            yield problem(
                "resources",
                "machine-without-resource",
                N_("client_credentials needs a resource to get tokens for."),
            )


def shown_codes(application: Application, rules: Rules) -> Iterator[Problem]:
    """Who may redeem what citizens show at a counter (`idp.oidc.show_code`)."""
    if SHOW_CODE not in application.scopes:
        return
    if application.auth_method is ClientAuthMethod.NONE:
        yield problem(
            "scopes",
            "public-client-at-counter",
            N_("A public client may not redeem shown codes: anybody could pretend to be it."),
        )
    if not claims_of_scopes(application.scopes):
        yield problem(
            "scopes",
            "shown-code-without-claims",
            N_("show_code needs a scope with claims to release, such as profile."),
        )


def profile(application: Application, rules: Rules) -> Iterator[Problem]:
    """A profile that promises more than it checks is worse than none."""
    if application.profile not in AVAILABLE:
        yield problem(
            "profile",
            "profile-unknown",
            N_("The profile %(profile)s does not exist here. There are: %(known)s."),
            profile=application.profile,
            known=", ".join(sorted(AVAILABLE)),
        )
