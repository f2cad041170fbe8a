"""Carries changes of the trust list out, and publishes it: numbered, signed, and signed again every minute.

Any process of the hub may do it at any moment: of two at once one wins, and the other begins again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.adapters.jose import JoseSigner
from idp.adapters.keyring import Keyring
from idp.foundation.clock import from_milliseconds, from_seconds, to_seconds
from idp.oidc.acr import AcrNames
from idp.oidc.vocabulary import Algorithm
from idp.storage.trust_list import ListState, Published, TrustListRepository
from idp.trustlist.bundle import BUNDLE_TYPE, SIGNED_EVERY, content_hash
from idp.trustlist.changes import Change, changed
from idp.trustlist.listing import TrustList
from idp.trustlist.publishing import (
    LINEAGE_TYPE,
    MAX_HASHES,
    HubFacts,
    lineage_claims,
    numbered,
    said_by,
    says_the_same,
    timed,
)
from idp.trustlist.reading import read_bundle
from idp.wiring.hub.region_statements import RegionStatements
from idp.wiring.publishing.statements import Statements

MAX_ATTEMPTS = 20


class ListTooBusy(RuntimeError):
    """Others changed the list again and again while we tried to."""


class Publisher:
    """The writing side of the hub."""

    def __init__(
        self,
        issuer: str,
        acr: AcrNames,
        lists: TrustListRepository,
        statements: Statements,
        bundle_keys: Keyring,
    ) -> None:
        self._issuer, self._acr, self._lists = issuer, acr, lists
        self._statements, self._bundle_keys = statements, bundle_keys
        self._about_regions = RegionStatements(issuer, acr, statements)
        self._signer = JoseSigner(bundle_keys)
        self._examined: tuple[object, ...] = ()

    def carry_out(self, change: Change | None, *, now: datetime) -> Published:
        """Make a change of the list and publish it; without one, publish what time and keys have changed.

        Raises: ChangeRefused; StatementError, BadBundle — nobody could believe what came of it; ListTooBusy.
        """
        for _ in range(MAX_ATTEMPTS):
            state = self._lists.state()
            after = state.listed if change is None else changed(state.listed, change, now=now)
            after = self._about_regions.brought_up_to_date(after, now=now)
            published = self._next(state, after, now)
            if published is None and after is state.listed and state.newest is not None:
                return self._renewed(state.newest, now)
            if self._lists.commit(state, after, published, now=now):
                newest = published or state.newest
                assert newest is not None  # the first content is always a new one
                return newest
        raise ListTooBusy("the trust list was changed by somebody else at every attempt")

    def publish_if_due(self, *, now: datetime) -> Published | None:
        """The same without a change, if a minute is over or somebody changed something; None when not."""
        examined = (self._lists.generation(), self._statements.version, self._bundle_keys.jwks().etag)
        newest = self._lists.newest_mark()
        is_fresh = newest is not None and _is_fresh(from_milliseconds(newest[1]), now)
        if examined == self._examined and is_fresh:
            return None
        published = self.carry_out(None, now=now)
        self._examined = (self._lists.generation(), *examined[1:])
        return published

    def lineage(self, start: int, *, now: datetime) -> str | None:
        """What came from a number on, signed; None when it was never given."""
        hashes = self._lists.hashes_from(start, MAX_HASHES)
        if not hashes:
            return None
        claims = lineage_claims(self._issuer, start, hashes, now=now)
        return self._signer.sign(Algorithm.ES256, LINEAGE_TYPE, claims)

    def require_publishable(self, listed: TrustList, *, now: datetime) -> None:
        """See that everybody could read a bundle with this in it. Raises: BadBundle, StatementError."""
        listed = self._about_regions.brought_up_to_date(listed, now=now)
        read_bundle(timed(numbered(self._said(listed, now), 1, {}), now=now))

    def _next(self, state: ListState, after: TrustList, now: datetime) -> Published | None:
        """The next content, signed; None when nothing new would be said."""
        said = self._said(after, now)
        if state.newest is not None and says_the_same(state.newest.content, said):
            return None
        seq = 1 if state.newest is None else state.newest.seq + 1
        content = numbered(said, seq, state.lineage)
        return Published(seq, content_hash(content), content, *self._signed(content, now))

    def _renewed(self, newest: Published, now: datetime) -> Published:
        if _is_fresh(newest.signed_at, now):
            return newest
        signed, signed_at = self._signed(newest.content, now)
        self._lists.renew(newest, signed, now=signed_at)
        return self._lists.newest() or newest

    def _signed(self, content: Mapping[str, Any], now: datetime) -> tuple[str, datetime]:
        claims = timed(content, now=now)
        # What no region could read must never go out: they would all go on with the one before it, and for how long?
        read_bundle(claims)
        signed_at = from_seconds(to_seconds(now))
        return self._signer.sign(Algorithm.ES256, BUNDLE_TYPE, claims), signed_at

    def _said(self, listed: TrustList, now: datetime) -> dict[str, Any]:
        facts = HubFacts(
            self._issuer,
            self._acr.name,
            self._statements.jwks,
            json.loads(self._bundle_keys.jwks().body),
        )
        return said_by(facts, listed, now=now)


def _is_fresh(signed_at: datetime, now: datetime) -> bool:
    """Whether a signature is of this minute. One a little ahead comes from a machine whose clock is."""
    return abs(now - signed_at) < SIGNED_EVERY
