"""Carries changes of the trust list out, and publishes it: numbered, signed, and signed again every minute.

A content is stored first, with its entry in the log, and comes out after that: at once when it only takes trust away,
and when witnesses stand by it when it gives trust. While some waits for them, what it takes away goes ahead of it.
Any process of the hub may do it at any moment: of two at once one wins, and the other begins again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.adapters.jose import JoseSigner
from idp.adapters.keyring import Keyring
from idp.adapters.note_keys import verify_ed25519
from idp.foundation.clock import from_milliseconds, to_seconds
from idp.oidc.acr import AcrNames
from idp.oidc.vocabulary import Algorithm
from idp.storage.trust_contents import Published
from idp.storage.trust_list import ListState, TrustListRepository
from idp.transparency import note as notes
from idp.transparency.cosignature import Quorum, TooFewWitnesses, verify_quorum
from idp.trustlist.bundle import SIGNED_EVERY, Bundle, content_hash
from idp.trustlist.changes import Change, changed
from idp.trustlist.listing import TrustList
from idp.trustlist.narrowing import narrowed
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
from idp.trustlist.record import AUTOMATIC, Authority
from idp.trustlist.restriction import only_restricts
from idp.wiring.following.trust import ladder_of
from idp.wiring.hub.asking_witnesses import AskingWitnesses
from idp.wiring.hub.bundle_signing import BundleSigning
from idp.wiring.hub.region_statements import RegionStatements
from idp.wiring.publishing.statements import Statements
from idp.wiring.witnessing.evidence import quorum_said
from idp.wiring.witnessing.log import Log

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
        hub_log: Log,
        witnesses: AskingWitnesses,
    ) -> None:
        self._issuer, self._acr, self._lists = issuer, acr, lists
        self._statements, self._bundle_keys, self._log = statements, bundle_keys, hub_log
        self._witnesses, self._ladder = witnesses, ladder_of(acr)
        self._about_regions = RegionStatements(issuer, acr, statements)
        self._signer = JoseSigner(bundle_keys)
        self._signing = BundleSigning(self._signer, hub_log, witnesses)
        self._examined: tuple[object, ...] = ()

    def carry_out(
        self, change: Change | None, *, now: datetime, authority: Authority = AUTOMATIC
    ) -> Published:
        """Make a change of the list and store what it says; without one, what time and keys have changed.

        It is not out before `settle`. Raises: ChangeRefused; StatementError, BadBundle — nobody could believe what
        came of it; ListTooBusy.
        """
        for _ in range(MAX_ATTEMPTS):
            state = self._lists.state()
            after = state.listed if change is None else changed(state.listed, change, now=now)
            after = self._about_regions.brought_up_to_date(after, now=now)
            content = self._next(state, after, now)
            if content is None and after is state.listed and state.newest is not None:
                return state.newest
            if self._lists.commit(state, after, content, now=now, authority=authority):
                newest = content or state.newest
                assert newest is not None  # the first content is always a new one
                return newest
        raise ListTooBusy("the trust list was changed by somebody else at every attempt")

    def settle(self, *, now: datetime, is_urgent: bool = False) -> None:
        """Bring out what may come out, and sign again what is out: each minute, or now. Raises: as `carry_out`."""
        for _ in range(MAX_ATTEMPTS):
            state = self._lists.state()
            if state.newest is not None and state.newest.log_index is None:
                self._lists.contents.log_newest(now=now)
            elif state.newest is not None and state.is_waiting and self._may_come_out(state, now):
                self._lists.contents.bring_out(
                    state.newest, *self._signing.sign(state.newest, now=now), now=now
                )
            elif self.carry_out(None, now=now) == state.newest:
                self._renew(state.out, now, is_urgent=is_urgent)
                return
        raise ListTooBusy("the trust list was changed by somebody else at every attempt")

    def publish_if_due(self, *, now: datetime, is_urgent: bool = False) -> None:
        """The same, if it is urgent, a minute is over, somebody changed something, or something waits."""
        examined = (self._lists.generation(), self._statements.version, self._bundle_keys.jwks().etag)
        newest = self._lists.contents.newest_mark()
        is_fresh = newest is not None and _is_fresh(from_milliseconds(newest[1]), now)
        is_due = is_urgent or not is_fresh or self._lists.contents.is_waiting()
        if examined == self._examined and not is_due:
            return
        self.settle(now=now, is_urgent=is_urgent)
        self._examined = (self._lists.generation(), *examined[1:])

    def required(self) -> tuple[Quorum, ...]:
        """Whose cosignatures are needed: regions hold what is out, and then what comes next."""
        state = self._lists.state()
        contents = [one.content for one in (state.out, state.newest) if one is not None]
        return tuple(map(quorum_said, contents))

    def lineage(self, start: int, *, now: datetime) -> str | None:
        """What came from a number on, signed; None when it was never given."""
        hashes = self._lists.contents.hashes_from(start, MAX_HASHES)
        if not hashes:
            return None
        claims = lineage_claims(self._issuer, start, hashes, now=now)
        return self._signer.sign(Algorithm.ES256, LINEAGE_TYPE, claims)

    def require_publishable(self, listed: TrustList, *, now: datetime) -> None:
        """See that everybody could read a bundle with this in it. Raises: BadBundle, StatementError."""
        listed = self._about_regions.brought_up_to_date(listed, now=now)
        read_bundle(timed(numbered(self._said(listed, now), 1, {}), now=now))

    def _next(self, state: ListState, after: TrustList, now: datetime) -> Published | None:
        """The next content; None when nothing new would be said."""
        said = self._step(state, self._said(after, now))
        if said is None:
            return None
        seq = 1 if state.newest is None else state.newest.seq + 1
        content = numbered(said, seq, state.lineage)
        # What no region could read must never be stored as what comes next: nothing would come after it.
        read_bundle(timed(content, now=now))
        return Published(seq, content_hash(content), content, None, now)

    def _step(self, state: ListState, said: dict[str, Any]) -> dict[str, Any] | None:
        """What is to be said next on the way to `said`: first what it takes away, then all of it."""
        if state.newest is None:
            return said
        if state.out is not None and (_has_quorum(state.out.content) or _has_quorum(said)):
            less = narrowed(state.out.content, said, self._ladder)
            if not says_the_same(state.out.content, less):
                return None if says_the_same(state.newest.content, less) else less
        return None if says_the_same(state.newest.content, said) else said

    def _may_come_out(self, state: ListState, now: datetime) -> bool:
        """Whether every region will honour the newest content at once: it takes away, or enough stand by it."""
        newest, out = state.newest, state.out
        if newest is None or newest.log_index is None:
            return False
        quorums = [quorum_said(one.content) for one in (out, newest) if one is not None]
        if not any(quorum.least for quorum in quorums):
            return True
        if out is not None and only_restricts(_read(out, now), _read(newest, now), self._ladder):
            return True
        cosigned = self._witnesses.cosigned()
        if cosigned is None or cosigned.size <= newest.log_index:
            return False
        return all(_is_reached(quorum, cosigned.note, now) for quorum in quorums)

    def _renew(self, out: Published | None, now: datetime, *, is_urgent: bool) -> None:
        if out is None:
            return
        # Two signatures of one second would be one bundle for who asks whether there is a newer one.
        if not _is_fresh(out.signed_at, now) or (is_urgent and to_seconds(now) > to_seconds(out.signed_at)):
            signed, signed_at = self._signing.sign(out, now=now)
            self._lists.contents.renew(out, signed, now=signed_at)

    def _said(self, listed: TrustList, now: datetime) -> dict[str, Any]:
        facts = HubFacts(
            self._issuer,
            self._acr.name,
            self._statements.jwks,
            json.loads(self._bundle_keys.jwks().body),
            tuple(map(str, self._log.keys)),
        )
        return said_by(facts, listed, now=now)


def _is_fresh(signed_at: datetime, now: datetime) -> bool:
    """Whether a signature is of this minute. One a little ahead comes from a machine whose clock is."""
    return abs(now - signed_at) < SIGNED_EVERY


def _read(content: Published, now: datetime) -> Bundle:
    return read_bundle(timed(content.content, now=now))


def _has_quorum(said: Mapping[str, Any]) -> bool:
    return quorum_said(said).least > 0


def _is_reached(quorum: Quorum, note: str, now: datetime) -> bool:
    try:
        verify_quorum(notes.parse(note), quorum, verify_ed25519, now=now)
    except TooFewWitnesses:
        return False
    return True
