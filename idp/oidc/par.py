"""The pushed authorization request endpoint: a client shows its request before the browser does.

The client proves itself, the request is examined as `/authorize` would, and what is kept cannot be changed by anybody
on the way through the browser. Spec: RFC 9126 §2; RFC 9449 §10.1; OpenID Federation 1.0 §12.1.1.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.oidc import pkce
from idp.oidc.authorization.examine import examine_for
from idp.oidc.authorization.refusal import PageError, RedirectError
from idp.oidc.client import Client, is_entity_id
from idp.oidc.dpop import DpopProofVerifier
from idp.oidc.errors import InvalidDpopProof, InvalidRequest, InvalidRequestObject, RequestNotSupported
from idp.oidc.parameters import Parameters
from idp.oidc.pushed_request import LIFETIME, PushedRequests
from idp.oidc.request_object import RequestObject, RequestObjects
from idp.oidc.token.client_authentication import ClientAuthenticator
from idp.oidc.unverified_request_object import UnverifiedRequestObject

PATH = "/par"

_CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
"""What authenticated the client is no part of its request, and is not kept."""


@dataclass(frozen=True, slots=True)
class PushedAuthorizationEndpoint:
    """Authenticates the client, examines what it asks for, and keeps it under a one-time address."""

    authenticator: ClientAuthenticator
    objects: RequestObjects
    requests: PushedRequests
    proofs: DpopProofVerifier

    def answer(
        self, parameters: Parameters, authorization: str | None, proof: str | None = None, *, now: datetime
    ) -> dict[str, Any]:
        """The members of a successful answer (status 201). `proof`: the `DPoP` header, if there is one.

        Raises: ProtocolError — of client authentication, of the proof, or what `/authorize` would have said.
        """
        # First, so that a client that only lacks a nonce has not used up its assertion.
        proved = None if proof is None else self.proofs.verify(proof, "POST", PATH, now=now)
        opened = self._opened(parameters)
        client = self._client(parameters, authorization, opened, now)
        if parameters.many("request_uri"):
            raise InvalidRequest("request_uri must not be pushed")
        signed = self.objects.verify(opened, client, now=now) if opened else None
        if signed is None and client.require_signed_request_object:
            raise InvalidRequestObject("this client must sign its requests")
        asked = signed.parameters if signed else _without_credentials(parameters, client)
        if proved is not None:
            self.proofs.use_up(proved, now=now)
            asked = _bound_to(proved.jkt, asked)
        self._examine(client, asked, signed, now)
        return {
            "request_uri": self.requests.keep(client, asked, now=now),
            "expires_in": int(LIFETIME.total_seconds()),
        }

    def _client(
        self,
        parameters: Parameters,
        authorization: str | None,
        opened: UnverifiedRequestObject | None,
        now: datetime,
    ) -> Client:
        chain = opened.chain if opened else ()
        client_id = parameters.one("client_id")
        is_silent = authorization is None and _CREDENTIALS.isdisjoint(parameters.values)
        if opened is None or not is_silent or client_id is None or not is_entity_id(client_id):
            return self.authenticator.authenticate(parameters, authorization, chain, now=now)
        # An entity's object, verified next, is signed for us alone and counts once: as good as an assertion.
        return self.authenticator.finder.get(client_id, chain, now=now)

    def _opened(self, parameters: Parameters) -> UnverifiedRequestObject | None:
        token = parameters.one("request")
        if token is None:
            return None
        try:
            return self.objects.open(token)
        except RequestNotSupported as error:
            raise InvalidRequestObject(error.description) from error

    def _examine(
        self, client: Client, asked: Parameters, signed: RequestObject | None, now: datetime
    ) -> None:
        try:
            request = examine_for(client, asked).request
        except (PageError, RedirectError) as error:
            raise error.cause from error
        if signed is None:
            # Only what is signed may do without, and only for some clients; the check above cannot tell the two apart.
            pkce.require_s256_challenge(request.code_challenge, request.code_challenge_method)
            return
        # Last, so that an object with any other fault can be corrected and sent again.
        self.objects.use_up(signed, now=now)


def _bound_to(jkt: str, asked: Parameters) -> Parameters:
    """The request with the key of its proof in it. Raises: InvalidDpopProof. Spec: RFC 9449 §10.1."""
    if asked.one("dpop_jkt") not in (None, jkt):
        raise InvalidDpopProof("dpop_jkt names another key than the DPoP proof shows")
    return Parameters({**asked.values, "dpop_jkt": (jkt,)})


def _without_credentials(parameters: Parameters, client: Client) -> Parameters:
    kept = {name: values for name, values in parameters.values.items() if name not in _CREDENTIALS}
    # A client that proves itself in the header or by an assertion need not name itself again.
    return Parameters({"client_id": (client.client_id,), **kept})
