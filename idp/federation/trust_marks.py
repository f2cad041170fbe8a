"""Trust marks: that somebody vouches for one quality of an entity, and that the anchor lets them.

A mark counts for the entity it names, from an issuer that the anchor lists for its type and that has a chain of its own
to the same anchor. Where the anchor says that a type belongs to somebody, the owner must have handed it on.
Spec: OpenID Federation 1.0 §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.federation import federation_jwt, signatures
from idp.federation.federation_jwt import FederationJwt, FederationJwtError
from idp.federation.signatures import Signatures
from idp.federation.trust_chain import LEEWAY, TrustChain

MARK_TYPE = "trust-mark+jwt"
DELEGATION_TYPE = "trust-mark-delegation+jwt"
MAX_MARK_SIZE = 32_768
"""In characters; a mark carries a delegation and a few claims."""


class TrustMarkError(Exception):
    """The mark does not count. The message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class CarriedMark:
    """A mark as an entity carries it: the type beside it, and the mark, a compact JWS. Nothing of it is verified."""

    mark_type: str
    token: str


@dataclass(frozen=True, slots=True)
class TrustMark:
    """A mark that counts."""

    mark_type: str
    issuer: str
    subject: str
    issued_at: datetime
    expires_at: datetime | None
    """When it or its delegation ends; None when neither says. Its issuer's status endpoint knows more."""
    token: str


def carried_by(chain: TrustChain) -> tuple[CarriedMark, ...]:
    """The marks that the subject of a chain shows, verified or not."""
    marks = chain.statements[0].claims.get("trust_marks", ())
    return tuple(CarriedMark(mark["trust_mark_type"], mark["trust_mark"]) for mark in marks)


def claimed_issuer(mark: CarriedMark) -> str:
    """Who a mark says gave it. Raises: TrustMarkError — it is none."""
    try:
        return federation_jwt.text(
            federation_jwt.read(mark.token, MARK_TYPE, max_size=MAX_MARK_SIZE).claims, "iss"
        )
    except FederationJwtError as error:
        raise TrustMarkError(str(error)) from error


def validate(
    mark: CarriedMark,
    bearer: TrustChain,
    issuer: TrustChain,
    verifier: Signatures,
    *,
    now: datetime,
    leeway: timedelta = LEEWAY,
) -> TrustMark:
    """The mark, if it counts for the subject of `bearer` and comes from the subject of `issuer`.

    Both are chains that hold now. The anchor's own configuration must be in one of them: it has the rules.
    Raises: TrustMarkError. Spec: OpenID Federation 1.0 §7.3.
    """
    try:
        return _validated(mark, bearer, issuer, verifier, now, leeway)
    except FederationJwtError as error:
        raise TrustMarkError(str(error)) from error


def mark_claims(
    *,
    issuer: str,
    subject: str,
    mark_type: str,
    now: datetime,
    lifetime: timedelta,
    delegation: str | None = None,
    ref: str | None = None,
    logo_uri: str | None = None,
) -> dict[str, Any]:
    """What the issuer signs as `MARK_TYPE`. It always ends: a mark without `exp` could never be taken back.

    Spec: OpenID Federation 1.0 §7.1.
    """
    optional = {"delegation": delegation, "ref": ref, "logo_uri": logo_uri}
    return _claims(issuer, subject, mark_type, now, lifetime) | {
        name: value for name, value in optional.items() if value is not None
    }


def delegation_claims(
    *, owner: str, issuer: str, mark_type: str, now: datetime, lifetime: timedelta
) -> dict[str, Any]:
    """What the owner of a type signs as `DELEGATION_TYPE` for one who may issue it.

    Spec: OpenID Federation 1.0 §7.2.1.
    """
    return _claims(owner, issuer, mark_type, now, lifetime)


def _claims(issuer: str, subject: str, mark_type: str, now: datetime, lifetime: timedelta) -> dict[str, Any]:
    issued_at = int(now.timestamp())
    return {
        "iss": issuer,
        "sub": subject,
        "trust_mark_type": mark_type,
        "iat": issued_at,
        "exp": issued_at + int(lifetime.total_seconds()),
    }


def _validated(
    mark: CarriedMark,
    bearer: TrustChain,
    issuer: TrustChain,
    verifier: Signatures,
    now: datetime,
    leeway: timedelta,
) -> TrustMark:
    document = federation_jwt.read(mark.token, MARK_TYPE, max_size=MAX_MARK_SIZE)
    _require_names(document, mark.mark_type, issuer=issuer.subject, subject=bearer.subject)
    expires_at = _end_of(document, now, leeway)
    _require_same_anchor(bearer, issuer, now, leeway)
    rules = _rules_of_anchor(bearer, issuer)
    _require_listed(rules, mark.mark_type, issuer.subject)
    signatures.verify(document, issuer.jwks, verifier)
    owner = rules.get("trust_mark_owners", {}).get(mark.mark_type)
    ends = [expires_at, _end_of_delegation(document, owner, verifier, now, leeway) if owner else None]
    return TrustMark(
        mark_type=mark.mark_type,
        issuer=issuer.subject,
        subject=bearer.subject,
        issued_at=federation_jwt.moment(document.claims, "iat"),
        expires_at=min((end for end in ends if end is not None), default=None),
        token=mark.token,
    )


def _require_names(document: FederationJwt, mark_type: str, *, issuer: str, subject: str) -> None:
    """See that it is of the type, from the issuer and for the subject that it is taken for."""
    for name, wanted in (("trust_mark_type", mark_type), ("iss", issuer), ("sub", subject)):
        if federation_jwt.text(document.claims, name) != wanted:
            raise TrustMarkError(f"{name} is not that of whom it is shown for")


def _end_of(document: FederationJwt, now: datetime, leeway: timedelta) -> datetime | None:
    if federation_jwt.moment(document.claims, "iat") > now + leeway:
        raise TrustMarkError("it is from the future")
    if "exp" not in document.claims:
        return None
    expires_at = federation_jwt.moment(document.claims, "exp")
    if expires_at <= now - leeway:
        raise TrustMarkError("it has expired")
    return expires_at


def _require_same_anchor(bearer: TrustChain, issuer: TrustChain, now: datetime, leeway: timedelta) -> None:
    if bearer.anchor != issuer.anchor:
        raise TrustMarkError("the issuer is trusted by another anchor than the entity")
    if min(bearer.expires_at, issuer.expires_at) <= now - leeway:
        raise TrustMarkError("a trust chain has expired")


def _rules_of_anchor(bearer: TrustChain, issuer: TrustChain) -> Mapping[str, Any]:
    configuration = issuer.anchor_configuration or bearer.anchor_configuration
    if configuration is None:
        raise TrustMarkError(
            "neither chain has the configuration of the anchor, which says whose marks count"
        )
    return configuration.claims


def _require_listed(rules: Mapping[str, Any], mark_type: str, issuer: str) -> None:
    issuers = rules.get("trust_mark_issuers", {}).get(mark_type)
    if issuers is None:
        raise TrustMarkError("the anchor does not know this type of mark")
    # An empty list is the specification's way of saying that anybody may.
    if issuers and issuer not in issuers:
        raise TrustMarkError("the anchor does not let this issuer issue this type of mark")


def _end_of_delegation(
    document: FederationJwt,
    owner: Mapping[str, Any],
    verifier: Signatures,
    now: datetime,
    leeway: timedelta,
) -> datetime | None:
    """When the owner's leave to issue ends. Raises: TrustMarkError — there is none. Spec: §7.2.2."""
    token = federation_jwt.text(document.claims, "delegation")
    delegation = federation_jwt.read(token, DELEGATION_TYPE, max_size=MAX_MARK_SIZE)
    _require_names(
        delegation,
        document.claims["trust_mark_type"],
        issuer=owner["sub"],
        subject=document.claims["iss"],
    )
    signatures.verify(delegation, owner["jwks"], verifier)
    return _end_of(delegation, now, leeway)
