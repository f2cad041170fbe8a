"""The second half of a way through another region: its answer is redeemed, believed, and led to an account here."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.accounts.visitors import AlreadyLinked, LinkedSubject, new_visitor, refreshed
from idp.authn.permit import Permit
from idp.federation.home_region import HomeTrouble, HomeUnavailable
from idp.federation.signatures import Signatures
from idp.federation.upstream_answer import (
    Arrived,
    Expected,
    HomeIdentity,
    NotBelieved,
    verified_claims,
    verified_identity,
)
from idp.federation.upstream_attempt import OpenAttempt
from idp.foundation.entropy import Entropy
from idp.storage.stores import Stores
from idp.wiring.brokering.home_calls import CallFailed, HomeCalls, HomeTokens
from idp.wiring.brokering.home_sign_outs import HomeSignOuts
from idp.wiring.brokering.home_trust import HomeTrust

log = logging.getLogger("idp.broker")


@dataclass(frozen=True, slots=True)
class HomeArrivals:
    """Believes what can be believed. Shared by every thread of a process."""

    client_id: str
    redirect_uri: str
    stores: Stores
    calls: HomeCalls
    trust: HomeTrust
    signatures: Signatures
    sign_outs: HomeSignOuts
    entropy: Entropy

    def complete(self, opened: OpenAttempt, code: str, now: datetime) -> Arrived:
        """Redeem the code of an attempt that was just used up.

        Raises: HomeUnavailable; UnmetAuthenticationRequirements — not as strongly as the mini-app insists on.
        """
        home = opened.attempt.home_iss
        with self._in_words(home):
            identity, tokens = self._identity(opened, code, now)
            required = opened.attempt.required_acr
            level = self.trust.level_said(home, identity.acr, required, now)
            told = self._told(identity, opened.claims, tokens, now)
        link = self._account_of(identity, opened.claims, told, now)
        hint = self.sign_outs.seal_id_token(home, tokens.id_token)
        return Arrived(link.account_id, identity, level, hint)

    def prove(self, opened: OpenAttempt, code: str, now: datetime) -> HomeIdentity:
        """Who somebody is there who was to prove it anew. Nobody is signed in, and no account is made.

        Raises: HomeUnavailable.
        """
        home = opened.attempt.home_iss
        with self._in_words(home):
            if opened.attempt.authenticated_after is None:
                raise NotBelieved("no fresh proof was asked for")
            identity, _tokens = self._identity(opened, code, now)
            self.trust.level_said(home, identity.acr, None, now)
        return identity

    def link(self, permit: Permit, identity: HomeIdentity, now: datetime) -> None:
        """Let somebody come into the account that they have here, proved on both sides in one session.

        `permit`: they proved themselves here just now; `identity`: and there. Nothing else links two accounts.
        Raises: AlreadyLinked.
        """
        links = self.stores.linked_subjects
        if not links.link(identity.home_iss, identity.sub, permit.account_id, now=now):
            raise AlreadyLinked

    @contextmanager
    def _in_words(self, home: str) -> Iterator[None]:
        """Whatever fails in the block is a trouble with that region, as a page can tell it."""
        try:
            yield
        except CallFailed as error:
            raise unavailable(home, self.trust.name(home), error) from error
        except NotBelieved as error:
            why, name = HomeTrouble.NOT_BELIEVED, self.trust.name(home)
            raise HomeUnavailable(why, home, name, detail=str(error)) from error

    def _identity(self, opened: OpenAttempt, code: str, now: datetime) -> tuple[HomeIdentity, HomeTokens]:
        attempt = opened.attempt
        # Asked anew: the region may have left the list, or a key been revoked, while the person was there.
        provider = self.trust.provider(attempt.home_iss, now)
        tokens = self.calls.redeem(provider, code, opened.verifier, self.redirect_uri)
        expected = Expected(
            home=attempt.home_iss,
            client_id=self.client_id,
            nonce_digest=attempt.nonce_digest,
            access_token=tokens.access_token,
            authenticated_after=attempt.authenticated_after,
        )
        return verified_identity(
            tokens.id_token, provider["jwks"], self.signatures, expected, now=now
        ), tokens

    def _told(
        self, identity: HomeIdentity, asked: tuple[str, ...], tokens: HomeTokens, now: datetime
    ) -> Mapping[str, Any]:
        if not asked:
            return {}
        provider = self.trust.provider(identity.home_iss, now)
        return verified_claims(self.calls.userinfo(provider, tokens.access_token), identity.sub, asked)

    def _account_of(
        self, identity: HomeIdentity, asked: tuple[str, ...], told: Mapping[str, Any], now: datetime
    ) -> LinkedSubject:
        links = self.stores.linked_subjects
        link = links.find(identity.home_iss, identity.sub)
        if link is None:
            link = links.arrive(identity.home_iss, identity.sub, new_visitor(self.entropy, now=now), now=now)
        links.use(identity.home_iss, identity.sub, now=now)
        if link.is_visitor and asked:
            self._refresh(link, asked, told, now)
        return link

    def _refresh(
        self, link: LinkedSubject, asked: tuple[str, ...], told: Mapping[str, Any], now: datetime
    ) -> None:
        account = self.stores.accounts.find_by_id(link.account_id)
        if account is None:
            raise LookupError("a visitor's account was removed while they came in")
        changed, unfit = refreshed(account, asked, told, now=now)
        if unfit:
            log.warning("claims of %s cannot be kept: %s", link.home_iss, " ".join(unfit))
        if changed != account:
            # No identifiers: whatever their e-mail address, nobody signs in here by it.
            self.stores.accounts.set_claims(changed, ())


def unavailable(home: str, name: Mapping[str, str], error: CallFailed) -> HomeUnavailable:
    """A call that came to nothing, as a page can tell it."""
    log.warning("region %s cannot be asked: %s (%s)", home, error.why, error)
    return HomeUnavailable(error.why, home, name, detail=str(error))
