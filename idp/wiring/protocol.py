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
from idp.oidc.key_schedule import KeyPolicy
from idp.oidc.par import PushedAuthorizationEndpoint
from idp.oidc.ports import ClientDirectory, ClientRegistrar, GrantStore, PeerChains
from idp.oidc.pushed_request import PushedRequests
from idp.oidc.request_object import COMPAT_KEY_ENCRYPTIONS, KEY_ENCRYPTIONS, RequestObjects
from idp.oidc.show_code import ShowCodeEndpoint
from idp.oidc.shown_code import CodeDisplay, Redemption
from idp.oidc.token.client_authentication import ClientAuthenticator
from idp.oidc.token.context import GrantServices
from idp.oidc.token.endpoint import TokenEndpoint
from idp.oidc.token.issue import Lifetimes, Mint
from idp.settings import Settings
from idp.storage.stores import Stores


class Protocol:
    """The protocol side: who calls, what they get."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        keyring: Keyring,
        entropy: Entropy,
        acr: AcrNames,
        encryption_keys: EncryptionKeys,
        registrar: ClientRegistrar | None = None,
        clients: ClientDirectory | None = None,
        peers: PeerChains | None = None,
        grants: GrantStore | None = None,
    ) -> None:
        directory = stores.clients if clients is None else clients
        self.audience = settings.issuer + USERINFO_PATH
        self.verifier = JoseVerifier(keyring, encryption_keys, key_encryptions(settings))
        self.grants: GrantStore = stores.grants if grants is None else grants
        self.tokens = BearerTokens(settings.issuer, self.verifier, directory, self.grants)
        self.authenticator = ClientAuthenticator(
            settings.issuer, directory, stores.assertions, self.verifier, registrar
        )
        self.clients = ClientFinder(directory, registrar)
        self.pushed_requests = PushedRequests(stores.pushed_requests, entropy)
        self.request_objects = RequestObjects(settings.issuer, self.verifier, stores.assertions, peers)
        self.proofs = DpopProofVerifier(
            settings.issuer,
            DpopProofReader(),
            DpopNonces(settings.secret_key, settings.issuer),
            stores.assertions,
        )
        self.code_display = CodeDisplay(settings.issuer, stores.shown_codes, settings.secret_key, entropy)
        self._guesses = CodeGuesses(stores.throttles, settings.secret_key)
        self._acr, self._entropy = acr, entropy
        self._stores = stores
        self._mint = Mint(
            settings.issuer, self.audience, acr, _lifetimes(settings), JoseSigner(keyring), entropy
        )

    def arrivals(self) -> Arrivals:
        return Arrivals(self.clients, self.request_objects, self.pushed_requests)

    def pushed_authorization(self) -> PushedAuthorizationEndpoint:
        return PushedAuthorizationEndpoint(
            self.authenticator, self.request_objects, self.pushed_requests, self.proofs
        )

    def token_endpoint(self) -> TokenEndpoint:
        grants = GrantServices(self._mint, self._stores.codes, self.grants)
        return TokenEndpoint(self.authenticator, grants, self.proofs)

    def show_code(self) -> ShowCodeEndpoint:
        return ShowCodeEndpoint(
            self.tokens.issuer,
            self._acr,
            self.authenticator,
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


def key_policy(settings: Settings) -> KeyPolicy:
    """The key schedule that the settings ask for."""
    return KeyPolicy(
        lifetime=settings.key_lifetime,
        publish_ahead=settings.key_publish_ahead,
        keep_published=settings.key_keep_published,
    )
