"""The broker: sends people of other regions home to sign in, and believes what their region says, up to its ceiling.

Towards the other region it is a relying party with an entity id of its own; whom to trust, by which keys and at which
addresses it knows from the trust bundle in memory. A sign-in takes two calls between the regions, three when claims are
asked for, and none to the hub. Spec: decision on the route across regions; OpenID Federation 1.0 §12.1.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from idp.adapters.keyring import Keyring
from idp.adapters.sealing import BrokenSeal, Sealer
from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import addresses
from idp.federation.circuit import Circuits
from idp.federation.home_region import HomeTrouble, HomeUnavailable, endpoint_of
from idp.federation.upstream_attempt import LIFETIME, OpenAttempt, UnknownAttempt, UpstreamAttempt
from idp.federation.upstream_request import REQUEST_TYPE, UpstreamAsk, UpstreamTies, request_claims
from idp.foundation.identifiers import digest
from idp.oidc.acr import AcrNames
from idp.oidc.authorization.examine import ExaminedRequest, examine
from idp.oidc.authorization.next_step import essential_acr, requested_claims
from idp.oidc.authorization.refusal import RedirectError
from idp.oidc.authorization.transaction import Transaction, TransactionPurpose
from idp.oidc.errors import UnmetAuthenticationRequirements
from idp.oidc.ports import ClientDirectory
from idp.oidc.rp_display import OUR_PAGES, display_of
from idp.oidc.vocabulary import AcrLevel, Algorithm, Prompt
from idp.settings import Settings
from idp.storage.stores import Stores
from idp.wiring.brokering.home_arrivals import HomeArrivals, unavailable
from idp.wiring.brokering.home_calls import CallFailed, HomeCalls
from idp.wiring.brokering.home_links import HomeLinks
from idp.wiring.brokering.home_sign_outs import HomeSignOuts
from idp.wiring.brokering.home_trust import HomeTrust
from idp.wiring.brokering.upstream_ask import ask_for
from idp.wiring.following.trust import Trust
from idp.wiring.ground import Ground

SEAL_ATTEMPT = "upstream-attempt"


class Broker:
    """Shared by every thread of a process. `arrivals` takes over where an answer has come."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        clients: ClientDirectory,
        arrivals: HomeArrivals,
        keyring: Keyring,
        sealer: Sealer,
        acr: AcrNames,
    ) -> None:
        self.arrivals, self.sign_outs, self.trust = arrivals, arrivals.sign_outs, arrivals.trust
        self.links = HomeLinks(arrivals)
        self._calls, self._entropy = arrivals.calls, arrivals.entropy
        self._settings, self._stores, self._clients = settings, stores, clients
        self._keyring, self._sealer, self._acr = keyring, sealer, acr

    @classmethod
    def of(
        cls,
        ground: Ground,
        clients: ClientDirectory,
        keyring: Keyring,
        trust: Trust,
    ) -> Broker:
        """The broker of this region, with circuits of its own."""
        settings, stores, acr = ground.settings, ground.stores, ground.acr
        clock, entropy = ground.clock, ground.entropy
        issuer, signatures = settings.issuer, StatementSignatures()
        broker = issuer + addresses.BROKER
        calls = HomeCalls(broker, ground.egress, keyring, Circuits(clock.now), entropy, clock)
        arrivals = HomeArrivals(
            client_id=broker,
            redirect_uri=issuer + addresses.BROKER_CALLBACK,
            stores=stores,
            calls=calls,
            trust=HomeTrust(trust, acr),
            signatures=signatures,
            sign_outs=HomeSignOuts(
                issuer, stores, ground.database, ground.sealer, signatures, trust, calls.is_down
            ),
            entropy=entropy,
        )
        return cls(settings, stores, clients, arrivals, keyring, ground.sealer, acr)

    def reachable(self, home: str, now: datetime) -> AcrLevel:
        """The strongest level that a person of that region may reach here today."""
        return self.trust.level_now(home, self._acr.highest_level, now) or min(AcrLevel)

    # Going there

    def begin(
        self,
        transaction_id: str,
        home_issuer: str,
        ui_locale: str,
        now: datetime,
        *,
        silently: bool = False,
        afresh: bool = False,
    ) -> str:
        """Push a request for this sign-in to the home region; returns where to send the browser.

        `silently`: the region must not show anything (prompt=none). `afresh`: the person is to prove themselves anew
        there, though no mini-app asks for it.
        Raises: HomeUnavailable; RedirectError — an acr is essential that nobody knows, or the mini-app's registration
        changed meanwhile; PageError — it is gone.
        """
        transaction = self._stores.transactions.find(transaction_id)
        if transaction is None:
            raise LookupError("the sign-in is gone")
        try:
            return self._begin(transaction, home_issuer, ui_locale, now, silently, afresh)
        except HomeUnavailable as error:
            error.transaction_id = transaction_id
            raise

    def _begin(
        self,
        transaction: Transaction,
        home: str,
        ui_locale: str,
        now: datetime,
        silently: bool,
        afresh: bool,
    ) -> str:
        provider = self.trust.provider(home, now)
        endpoint = endpoint_of(provider, "authorization_endpoint")
        if endpoint is None:
            detail = "authorization_endpoint is missing or no address"
            raise HomeUnavailable(HomeTrouble.NOT_BELIEVED, home, self.trust.name(home), detail=detail)
        ask = self._ask(transaction, home, ui_locale, now, silently)
        if afresh:
            ask = replace(ask, prompt=(Prompt.LOGIN,))
        state, nonce, verifier = (self._entropy.token() for _ in range(3))
        ties = UpstreamTies(state, nonce, _challenge(verifier), self._entropy.token(16))
        redirect_uri = self.arrivals.redirect_uri
        claims = request_claims(
            ask, ties, broker=self.arrivals.client_id, home=home, redirect_uri=redirect_uri, now=now
        )
        signed = self._keyring.signing_key(Algorithm.ES256).sign(REQUEST_TYPE, json.dumps(claims).encode())
        try:
            request_uri = self._calls.push(provider, signed)
        except CallFailed as error:
            raise unavailable(home, self.trust.name(home), error) from error
        self._keep(transaction, home, state, nonce, verifier, ask, now)
        query = urlencode({"client_id": self.arrivals.client_id, "request_uri": request_uri})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def _ask(
        self, transaction: Transaction, home: str, ui_locale: str, now: datetime, silently: bool
    ) -> UpstreamAsk:
        examined = self._examined(transaction)
        believed = self.trust.believed(home, now)
        if examined is None:
            names, region = self._settings.region_name, self._settings.region
            display = display_of(names, next(iter(names.values()), region), OUR_PAGES, region)
            return ask_for(None, display, (), believed, ui_locale)
        client, request = examined.client, examined.request
        if client.is_broker:
            # A third region's word is never passed on as ours.
            raise HomeUnavailable(
                HomeTrouble.REFUSED, home, self.trust.name(home), detail="asked by a broker"
            )
        claims = requested_claims(request, client)
        purposes = {claim: client.purposes[claim] for claim in claims if claim in client.purposes}
        display = display_of(client.name, client.organisation, client.sector, client.client_id, purposes)
        ask = ask_for(request, display, claims, believed, ui_locale, silently=silently)
        essential = essential_acr(request)
        if essential is not None and not ask.essential_acr:
            # Nobody need go there to learn that it cannot be reached.
            self.trust.require_one_of(home, essential, now)
            raise RedirectError(
                examined.target, UnmetAuthenticationRequirements("the requested acr cannot be reached")
            )
        return ask

    def _examined(self, transaction: Transaction) -> ExaminedRequest | None:
        if transaction.purpose is TransactionPurpose.ACCOUNT:
            return None
        return examine(transaction.parameters, self._clients)

    def _keep(
        self,
        transaction: Transaction,
        home: str,
        state: str,
        nonce: str,
        verifier: str,
        ask: UpstreamAsk,
        now: datetime,
    ) -> None:
        kept = {"transaction": transaction.id, "verifier": verifier, "claims": ask.claims}
        attempt = UpstreamAttempt(
            browser_digest=transaction.browser_digest,
            home_iss=home,
            nonce_digest=digest(nonce),
            secrets_sealed=self._sealer.seal(SEAL_ATTEMPT, home, json.dumps(kept).encode()),
            required_acr=ask.required_acr,
            authenticated_after=ask.authenticated_after(now),
            created_at=now,
            expires_at=min(now + LIFETIME, transaction.expires_at),
        )
        self._stores.upstream_attempts.add(digest(state), attempt)

    # Coming back

    def open_attempt(
        self, state: str, issuer: str | None, browser_digest: bytes, now: datetime
    ) -> OpenAttempt:
        """The attempt that an answer belongs to. Uses nothing up, so that nobody can end another's sign-in.

        `issuer`: whose answer it says it is (RFC 9207), looked at before anything else in it.
        Raises: UnknownAttempt; HomeUnavailable — another region than the one that was asked.
        """
        state_digest = digest(state)
        found = self._stores.upstream_attempts.find(state_digest)
        if found is None or found.is_consumed or found.expires_at <= now:
            raise UnknownAttempt
        if found.browser_digest != browser_digest:
            raise UnknownAttempt(is_other_browser=True)
        if issuer != found.home_iss:
            # Mix-up: the code would go to the region we asked, or another's word be taken for its.
            raise HomeUnavailable(
                HomeTrouble.NOT_BELIEVED, found.home_iss, self.trust.name(found.home_iss), detail="iss"
            )
        try:
            kept = json.loads(self._sealer.open(SEAL_ATTEMPT, found.home_iss, found.secrets_sealed))
        except BrokenSeal as error:
            # Sealed under a secret that the operator has replaced meanwhile: over, like one that is too old.
            raise UnknownAttempt from error
        return OpenAttempt(state_digest, found, kept["transaction"], kept["verifier"], tuple(kept["claims"]))

    def use_up(self, opened: OpenAttempt, now: datetime) -> None:
        """Let the answer count, this one time. Raises: UnknownAttempt — another one was quicker."""
        if not self._stores.upstream_attempts.consume(opened.state_digest, now=now):
            raise UnknownAttempt


def _challenge(verifier: str) -> str:
    """Spec: RFC 7636 §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
