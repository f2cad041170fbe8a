"""One class per registered error code.

`description` helps the integrator: ASCII, no quotes, never the input. `detail` is for our log only.
Status codes, JSON and pages are made in `idp.web.edges` alone.
Spec: RFC 6749 §4.1.2.1, §5.2; OpenID Connect Core §3.1.2.6; RFC 6750 §3.1; RFC 8707 §2.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar


class ProtocolError(Exception):
    """A refusal that the specifications give a name to."""

    code: ClassVar[str] = "invalid_request"

    def __init__(self, description: str, *, detail: str = "") -> None:
        super().__init__(description)
        self.description = description
        self.detail = detail


class InvalidRequest(ProtocolError):
    code = "invalid_request"


class InvalidClient(ProtocolError):
    code = "invalid_client"


class InvalidGrant(ProtocolError):
    code = "invalid_grant"


class UnauthorizedClient(ProtocolError):
    code = "unauthorized_client"


class UnsupportedGrantType(ProtocolError):
    code = "unsupported_grant_type"


class UnsupportedResponseType(ProtocolError):
    code = "unsupported_response_type"


class InvalidScope(ProtocolError):
    code = "invalid_scope"


class InvalidTarget(ProtocolError):
    code = "invalid_target"


class AccessDenied(ProtocolError):
    code = "access_denied"


class LoginRequired(ProtocolError):
    code = "login_required"


class ConsentRequired(ProtocolError):
    code = "consent_required"


class InteractionRequired(ProtocolError):
    code = "interaction_required"


class UnmetAuthenticationRequirements(ProtocolError):
    """OpenID Connect Core Unmet Authentication Requirements 1.0 §2."""

    code = "unmet_authentication_requirements"


class RequestNotSupported(ProtocolError):
    code = "request_not_supported"


class RequestUriNotSupported(ProtocolError):
    code = "request_uri_not_supported"


class InvalidRequestObject(ProtocolError):
    """A request object that is not believed. Spec: RFC 9101 §7; OpenID Connect Core §3.1.2.6."""

    code = "invalid_request_object"


class InvalidRequestUri(ProtocolError):
    """A `request_uri` that leads to nothing, or not any more. Spec: RFC 9101 §7; RFC 9126 §4."""

    code = "invalid_request_uri"


class InvalidTrustAnchor(ProtocolError):
    """A trust chain that ends in nobody whom we trust. Spec: OpenID Federation 1.0 §8.9, §12.1.3."""

    code = "invalid_trust_anchor"


class UnknownTrustAnchor(InvalidTrustAnchor):
    """The same at a federation endpoint, which has another status for it. Spec: OpenID Federation 1.0 §8.9."""


class InvalidSubject(ProtocolError):
    """An entity that is asked about and cannot be found. Spec: OpenID Federation 1.0 §8.9."""

    code = "invalid_subject"


class InvalidTrustChain(ProtocolError):
    """A trust chain that does not hold. Spec: OpenID Federation 1.0 §8.9, §12.1.3."""

    code = "invalid_trust_chain"


class InvalidMetadata(ProtocolError):
    """Metadata that policy does not allow, or that makes no client here. Spec: OpenID Federation 1.0 §8.9, §12.1.3."""

    code = "invalid_metadata"


class NotFound(ProtocolError):
    """Nobody and nothing of that name. Spec: OpenID Federation 1.0 §8.9."""

    code = "not_found"


class UnsupportedParameter(ProtocolError):
    """A question that is not answered here, and must not be taken for a simpler one. Spec: §8.9 there."""

    code = "unsupported_parameter"


class RegistrationNotSupported(ProtocolError):
    code = "registration_not_supported"


class ServerError(ProtocolError):
    code = "server_error"


class InvalidToken(ProtocolError):
    """A bearer token that is malformed, expired, revoked or meant for somebody else. Spec: RFC 6750 §3.1."""

    code = "invalid_token"


class InvalidDpopProof(ProtocolError):
    """A proof of possession that is missing, or not believed. Spec: RFC 9449 §5, §7.1."""

    code = "invalid_dpop_proof"


class UseDpopNonce(ProtocolError):
    """A proof of possession without our nonce, or with an old one: `nonce` is to be used. Spec: RFC 9449 §8, §9."""

    code = "use_dpop_nonce"

    def __init__(self, description: str, *, nonce: str, detail: str = "") -> None:
        super().__init__(description, detail=detail)
        self.nonce = nonce


class SlowDown(ProtocolError):
    """Too many guesses. Spec: RFC 8628 §3.5 has the word."""

    code = "slow_down"

    def __init__(self, description: str, *, detail: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(description, detail=detail)
        self.retry_after = retry_after
        """When it is of use to ask again, where we can tell."""


class StreamExists(ProtocolError):
    """A client that wants a second event stream. Spec: SSF 1.0 §8.1.1.1, which gives it a status and no word."""

    code = "stream_exists"


class StreamHeld(ProtocolError):
    """A receiver that wants to lift what an operator holds. Spec: SSF 1.0 §8.1.1.5, §8.1.2.2: a status and no word."""

    code = "stream_held"


class InsufficientScope(ProtocolError):
    code = "insufficient_scope"
