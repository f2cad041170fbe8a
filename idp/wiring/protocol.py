"""The protocol side of the wiring: who calls, and what they get."""

from __future__ import annotations

from idp.adapters.encryption_keys import EncryptionKeys
from idp.adapters.jose import JoseSigner, JoseVerifier
from idp.adapters.jose_dpop import DpopProofReader
from idp.adapters.keyring import Keyring
from idp.authn.code_guesses import CodeGuesses
from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind
from idp.oidc.acr import AcrNames
from idp.oidc.authorization.arrival import Arrivals
from idp.oidc.bearer import BearerTokens
from idp.oidc.client_finder import ClientFinder
from idp.oidc.discovery import USERINFO_PATH
from idp.oidc.dpop import DpopProofVerifier
from idp.oidc.dpop_nonces import DpopNonces
from idp.oidc.introspection import IntrospectionEndpoint
from idp.oidc.par import PushedAuthorizationEndpoint
from idp.oidc.pushed_request import PushedRequests
from idp.oidc.request_object import COMPAT_KEY_ENCRYPTIONS, KEY_ENCRYPTIONS, RequestObjects
from idp.oidc.revocation import RevocationEndpoint
from idp.oidc.show_code import ShowCodeEndpoint
from idp.oidc.shown_code import CodeDisplay, Redemption
from idp.oidc.token.client_authentication import ClientAuthenticator
from idp.oidc.token.context import GrantServices
from idp.oidc.token.endpoint import TokenEndpoint
from idp.oidc.token.issue import Lifetimes, Mint
from idp.oidc.userinfo import UserinfoEndpoint
from idp.settings import Settings
from idp.storage.stores import Stores
from idp.wiring.registering.callers import Callers


class Protocol:
    """The parts that several endpoints share, and each endpoint made of them."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        acr: AcrNames,
        keyring: Keyring,
        encryption_keys: EncryptionKeys,
        callers: Callers,
        entropy: Entropy,
    ) -> None:
        issuer, secret = settings.issuer, settings.secret_key
        self._issuer, self._stores, self._acr = issuer, stores, acr
        self._callers, self._entropy = callers, entropy
        self._audience = issuer + USERINFO_PATH
        self.verifier = JoseVerifier(keyring, encryption_keys, key_encryptions(settings))
        self.tokens = BearerTokens(issuer, self.verifier, callers.clients, callers.grants)
        self._authenticator = ClientAuthenticator(
            issuer, callers.clients, stores.assertions, self.verifier, callers.registrar
        )
        self._pushed_requests = PushedRequests(stores.pushed_requests, entropy)
        self._request_objects = RequestObjects(issuer, self.verifier, stores.assertions, callers.peers)
        self.proofs = DpopProofVerifier(
            issuer, DpopProofReader(), DpopNonces(secret, issuer), stores.assertions
        )
        self.code_display = CodeDisplay(issuer, stores.shown_codes, secret, entropy)
        self._guesses = CodeGuesses(stores.throttles, secret)
        self._mint = Mint(issuer, self._audience, acr, _lifetimes(settings), JoseSigner(keyring), entropy)

    def arrivals(self) -> Arrivals:
        finder = ClientFinder(self._callers.clients, self._callers.registrar)
        return Arrivals(finder, self._request_objects, self._pushed_requests)

    def pushed_authorization(self) -> PushedAuthorizationEndpoint:
        return PushedAuthorizationEndpoint(
            self._authenticator, self._request_objects, self._pushed_requests, self.proofs
        )

    def token_endpoint(self) -> TokenEndpoint:
        grants = GrantServices(self._mint, self._stores.codes, self._callers.grants)
        return TokenEndpoint(self._authenticator, grants, self.proofs)

    def userinfo(self) -> UserinfoEndpoint:
        return UserinfoEndpoint(self._audience, self.tokens, self.proofs)

    def introspection(self) -> IntrospectionEndpoint:
        return IntrospectionEndpoint(self._issuer, self._authenticator, self.tokens, self._callers.grants)

    def revocation(self) -> RevocationEndpoint:
        # Also what came through a region that is believed no more can be given back.
        return RevocationEndpoint(self._authenticator, self.verifier, self._stores.grants)

    def show_code(self) -> ShowCodeEndpoint:
        return ShowCodeEndpoint(
            self._issuer,
            self._acr,
            self._authenticator,
            self.code_display,
            self._stores.shown_codes,
            self._guesses,
            self._stores.subjects,
            self._entropy,
            self._on_code_redeemed,
        )

    def _on_code_redeemed(self, account_id: str, redemption: Redemption) -> None:
        told = " ".join(redemption.released)
        kind, at = EventKind.SHOWN_CODE_REDEEMED, redemption.at
        self._stores.events.record(Event(kind, at, account_id, redemption.client_id, told))


def _lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        access_token=settings.access_token_lifetime,
        id_token=settings.id_token_lifetime,
        refresh_token=settings.refresh_token_lifetime,
    )


def key_encryptions(settings: Settings) -> tuple[str, ...]:
    """By which `alg` request objects may be encrypted to this region."""
    return COMPAT_KEY_ENCRYPTIONS if settings.compat else KEY_ENCRYPTIONS
