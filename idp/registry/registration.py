"""Registering a mini-app, changing it, and giving it a new secret. Pure: the caller stores the result."""

from __future__ import annotations

from dataclasses import dataclass, replace

from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, digest, new_value
from idp.foundation.secret import Secret
from idp.foundation.sentence import N_, Problem, problem
from idp.oidc.client import Client
from idp.oidc.scopes import SHOW_CODE
from idp.oidc.subject import PUBLIC_SECTOR, NoSingleSector, sector_of
from idp.oidc.vocabulary import ClientAuthMethod
from idp.registry.application import Application
from idp.registry.checks import problems_of
from idp.registry.rules import Rules

WITH_SECRET = frozenset({ClientAuthMethod.SECRET_BASIC, ClientAuthMethod.SECRET_POST})
ON_THE_DEVICE = frozenset({"127.0.0.1", "::1"})


class RefusedClient(Exception):
    """The mini-app may not be registered like this; `problems` has each fault."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Registered:
    """A client as it goes into the registry, and the secret to hand over now or never."""

    client: Client
    secret: Secret | None = None
    """Only when one was made just now; we keep nothing but its digest."""


def new_client_id(entropy: Entropy) -> str:
    """A client id for those who do not choose one. Not a secret."""
    return "app-" + entropy.bytes(6).hex()


def new_client(application: Application, rules: Rules, *, entropy: Entropy) -> Registered:
    """Check an application and turn it into a client, with a fresh secret when its method wants one.

    Raises: RefusedClient — with everything that is wrong.
    """
    problems = problems_of(application, rules)
    if problems:
        raise RefusedClient(*problems)
    client = _client(application, region=rules.region, sector=_sector(application))
    return rotate_secret(client, entropy=entropy) if client.auth_method in WITH_SECRET else Registered(client)


def changed_client(client: Client, application: Application, rules: Rules, *, entropy: Entropy) -> Registered:
    """The client as `application` would have it. Its id, region, sector and standing stay.

    The sector stays even when the addresses move to another host: with a new one every person had a new `sub`
    and the mini-app knew nobody any more.
    Raises: RefusedClient.
    """
    problems = problems_of(application, rules)
    if problems:
        raise RefusedClient(*problems)
    _require_sector_for_codes(application, client.sector)
    changed = replace(
        _client(application, region=client.region, sector=client.sector),
        client_id=client.client_id,
        enabled=client.enabled,
        logo=client.logo,
        claims=client.claims,
        retires_at=client.retires_at,
    )
    if changed.auth_method not in WITH_SECRET:
        return Registered(changed)
    if client.secret_hash is None:
        return rotate_secret(changed, entropy=entropy)
    return Registered(replace(changed, secret_hash=client.secret_hash))


def rotate_secret(client: Client, *, entropy: Entropy) -> Registered:
    """The client with a new secret of 256 bits; the old one stops working as soon as this is stored.

    Raises: RefusedClient — it does not use a secret.
    """
    if client.auth_method not in WITH_SECRET:
        raise RefusedClient(
            problem(
                "auth_method",
                "no-secret",
                N_("%(client_id)s authenticates by %(method)s and has no secret."),
                client_id=client.client_id,
                method=client.auth_method,
            )
        )
    value = new_value(Kind.CLIENT_SECRET, entropy)
    return Registered(replace(client, secret_hash=digest(value)), Secret(value))


def _sector(application: Application) -> str:
    """Spec: OpenID Connect Core §8.1. Raises: RefusedClient."""
    try:
        sector = sector_of(application.redirect_uris, application.sector_identifier_uri)
    except NoSingleSector as error:
        raise RefusedClient(Problem("redirect_uris", error.sentence)) from error
    if sector == PUBLIC_SECTOR:
        # All clients with public subjects share this sector; nobody joins them by a host called so.
        raise RefusedClient(
            problem(
                "sector_identifier_uri",
                "sector-host-reserved",
                N_("A host called “%(host)s” needs a sector identifier URI."),
                host=PUBLIC_SECTOR,
            )
        )
    if application.native and sector in ON_THE_DEVICE:
        # Otherwise all native apps together would be one sector and know a person by the same subject.
        raise RefusedClient(
            problem(
                "sector_identifier_uri",
                "sector-on-the-device",
                N_("A native app with loopback addresses needs a sector identifier URI."),
            )
        )
    _require_sector_for_codes(application, sector)
    return sector


def _require_sector_for_codes(application: Application, sector: str) -> None:
    if SHOW_CODE in application.scopes and not sector:
        # Otherwise all counters without an address would be one sector and know a person by the same subject.
        raise RefusedClient(
            problem(
                "sector_identifier_uri",
                "sector-at-counter",
                N_("show_code without a redirect URI needs a sector identifier URI."),
            )
        )


def _client(application: Application, *, region: str, sector: str) -> Client:
    return Client(
        client_id=application.client_id,
        name=dict(application.name),
        organisation=application.organisation,
        region=region,
        auth_method=application.auth_method,
        redirect_uris=application.redirect_uris,
        sector=sector,
        profile=application.profile,
        application_type="native" if application.native else "web",
        post_logout_redirect_uris=application.post_logout_redirect_uris,
        grant_types=application.grant_types,
        scopes=application.scopes,
        resources=application.resources,
        audiences=application.audiences,
        jwks=application.jwks,
        signing_alg=application.signing_alg,
        subject_type=application.subject_type,
        purposes=application.purposes,
        logo_uri=application.logo_uri,
        policy_uri=application.policy_uri,
        tos_uri=application.tos_uri,
        backchannel_logout_uri=application.backchannel_logout_uri,
        backchannel_logout_session_required=application.backchannel_logout_session_required,
        require_pushed_authorization_requests=application.require_pushed_authorization_requests,
        require_signed_request_object=application.require_signed_request_object,
        dpop_bound_access_tokens=application.dpop_bound_access_tokens,
    )
