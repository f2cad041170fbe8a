"""Brings the newest trust bundle into a region: asks the hub, then the mirrors, verifies, admits, keeps.

Whatever goes wrong, what is held stays and its age goes on. What is new is verified with the keys that the held bundle
names, or with the pinned ones when nothing is held, and is stored by one statement that never goes back. What a bundle
takes away is obeyed even where its witnesses are missing and it is not admitted. Then follows what hangs from it:
consequences first, and only when they are drawn the hub is told how far we are.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime

from idp.adapters.egress import NOT_MODIFIED, Answer, Egress
from idp.adapters.egress_errors import EgressError
from idp.foundation.clock import Clock
from idp.foundation.events import Event, EventKind, EventLog
from idp.storage.trust_bundles import AdmittedBundle, TrustBundles
from idp.trustlist.admission import Gap, NotAdmitted, Pinned, admit, signers
from idp.trustlist.belief import NotWitnessed, is_witness_overdue
from idp.trustlist.bundle import BUNDLE_TYPE, Bundle
from idp.trustlist.claims import BadBundle
from idp.trustlist.narrowing import left_of
from idp.trustlist.pulling import Complaints, Sources, is_alarm, is_overdue, kind_of, lineage_address
from idp.trustlist.reading import MAX_BUNDLE
from idp.trustlist.snapshot import TrustSnapshot
from idp.wiring.following.bundle_reading import LINEAGE_TYPE, BadSignature, BundleReader
from idp.wiring.following.consequences import Consequences
from idp.wiring.following.seen_reporter import NotHeard, SeenReporter
from idp.wiring.following.trust import HeldTrust
from idp.wiring.following.weighing import Weighed, Weighing

BUNDLE_MEDIA_TYPE = f"application/{BUNDLE_TYPE}"
LINEAGE_MEDIA_TYPE = f"application/{LINEAGE_TYPE}"
TIME_LIMIT_SECONDS = 10.0
"""For one document, from the name's look-up to the last byte. Nobody waits for it but the thread that asks."""
LINEAGE_KEPT = 900
"""How far back the lineage reaches that we pass on; a hub tells a thousand at once."""
OK = 200

log = logging.getLogger("idp.trust")


class NoAnswer(Exception):
    """The source answered, and it was no bundle."""


class BundlePuller:
    """One round is `pull`. Any thread and any process may run one at any time."""

    def __init__(
        self,
        pinned: Pinned,
        sources: Sources,
        egress: Egress,
        reader: BundleReader,
        weigh: Weighing,
        trust: HeldTrust,
        bundles: TrustBundles,
        draw: Consequences,
        reporter: SeenReporter,
        events: EventLog,
        clock: Clock,
    ) -> None:
        self._pinned, self._sources = pinned, sources
        self._egress, self.reader, self._weigh = egress, reader, weigh
        self._trust, self._bundles = trust, bundles
        self._draw, self._reporter = draw, reporter
        self._events, self._clock = events, clock
        self._complaints = Complaints()
        self._etags: dict[str, str] = {}
        """By source: of the last document that was good, so that it need not come again."""

    def pull(self) -> None:
        """Ask for news and do what follows. Raises: StorageError; everything else is said to the log."""
        refused = {}
        for source in self._sources.addresses:
            if not self._ask(source):
                refused[source] = self._held_mark()
            elif not is_overdue(self._trust().bundle, now=self._clock.now()):
                break
        for source, mark in refused.items():
            # What came since may be what it was refused for the want of, and has ended what was obeyed of it.
            if mark != self._held_mark():
                self._ask(source)
        self.follow()

    def follow(self) -> None:
        """Draw the consequences of what is held, whoever admitted it, and tell the hub. Raises: StorageError.

        What a killed process left undone, and whoever slipped in through a slower one, is found now.
        """
        snapshot, known = self._trust.look_at_both()
        if snapshot.earliest_now is not None:
            self._bundles.note_latest(self._pinned.issuer, snapshot.earliest_now)
        # Read anew: that the consequences were drawn is nothing that processes are told.
        held = self._bundles.find(self._pinned.issuer)
        if snapshot.bundle is None or held is None or _mark(held) != _mark(known):
            return
        self._draw(snapshot.bundle, is_news=not held.is_applied, now=self._clock.now())
        if not held.is_applied:
            self._bundles.set_applied(held.issuer, held.content_hash, held.narrowing)
        self._miss_witnesses(held)
        self._report(held.seq)

    def _ask(self, source: str) -> bool:
        """Whether the source answered well, with news or without. Raises: StorageError."""
        try:
            answer = self._fetch(source)
            if answer.status != NOT_MODIFIED and self._admit(source, _text(answer)):
                self._etags[source] = answer.etag or ""
        except (EgressError, NoAnswer, BadSignature, BadBundle, NotAdmitted) as error:
            self._complain(source, error)
            return False
        if self._complaints.has_ended(source):
            log.info("the trust bundle comes from %s again", source)
        return True

    def _fetch(self, source: str) -> Answer:
        """The bundle, or that it is still the one that was good. Raises: EgressError, NoAnswer, StorageError."""
        # With nothing held, for whatever reason, "not modified" would leave it so.
        etag = self._etags.get(source) if self._trust.look_now().bundle else None
        answer = self._egress.get(
            source,
            types=(BUNDLE_MEDIA_TYPE,),
            max_bytes=MAX_BUNDLE,
            seconds=TIME_LIMIT_SECONDS,
            etag=etag or None,
        )
        if answer.status != OK and not (etag and answer.status == NOT_MODIFIED):
            raise NoAnswer(f"status {answer.status}")
        return answer

    def _admit(self, source: str, document: str) -> bool:
        """Whether it was judged to the end; else another process was faster, and the next round sees.

        Raises: BadSignature, BadBundle, NotAdmitted, EgressError, NoAnswer, StorageError.
        """
        # What is replaced is what it was compared with, and nothing that came meanwhile.
        stored = self._bundles.find(self._pinned.issuer)
        snapshot, known = self._trust.look_at_both()
        if not self._is_judged_by(stored, known):
            return False
        held, now = snapshot.bundle, self._clock.now()
        new = self.reader.bundle(document, signers(self._pinned, held))
        if not self._is_newer(source, new, held, now):
            return True
        try:
            weighed = self._weigh(new, held, known.belief if known else None, now=now)
        except NotWitnessed:
            self._obey(new, snapshot, known)
            raise
        if weighed is None:
            return True
        root_version = max(self._pinned.root_version, known.root_version if known else 0)
        if not self._bundles.put(_admitted(new, weighed, root_version, now), document, stored):
            return False
        log.info("trust bundle %d of %s admitted", new.seq, new.issuer)
        self._trust.look_now()
        if held is None or new.seq != held.seq:
            self._keep_lineage(source, new)
        return True

    def _is_judged_by(self, stored: AdmittedBundle | None, known: AdmittedBundle | None) -> bool:
        """Whether the bundle that is held in memory is the stored one, or the stored one is to be forgotten."""
        if known is None or stored is None:
            return known is None and (stored is None or stored.root_version < self._pinned.root_version)
        return _mark(stored) == _mark(known) and stored.belief == known.belief

    def _obey(self, new: Bundle, snapshot: TrustSnapshot, known: AdmittedBundle | None) -> None:
        """Take from the held bundle what a newer one takes away: witnesses that are away hold no removal up."""
        if snapshot.bundle is None or known is None:
            return
        left = left_of(snapshot.bundle, new, snapshot.ladder)
        if left is None:
            return
        text = json.dumps(left, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if self._bundles.narrow(known, text, hashlib.sha256(text.encode()).hexdigest()):
            log.error("what trust bundle %d takes away counts, without its witnesses", new.seq)
        self._trust.look_now()

    def _held_mark(self) -> tuple[str, str] | None:
        return _mark(self._trust.look_at_both()[1])

    def _is_newer(self, source: str, new: Bundle, held: Bundle | None, now: datetime) -> bool:
        try:
            return admit(new, held, self._pinned.issuer, now=now)
        except Gap as gap:
            document = self._fetch_lineage(source, gap.held_seq)
            lineage = self.reader.lineage(document, new.bundle_jwks)
            return admit(new, held, self._pinned.issuer, now=now, lineage=lineage)

    def _keep_lineage(self, source: str, new: Bundle) -> None:
        """So that others, for whom this bundle is too far away, can ask us."""
        try:
            document = self._fetch_lineage(source, max(1, new.seq - LINEAGE_KEPT))
            self.reader.lineage(document, new.bundle_jwks)
            self._bundles.set_lineage(new.issuer, new.content_hash, document)
        except (EgressError, NoAnswer, BadSignature, BadBundle) as error:
            log.info("no lineage from %s to pass on", source, extra={"detail": str(error)})

    def _fetch_lineage(self, source: str, seq: int) -> str:
        """Raises: EgressError, NoAnswer."""
        answer = self._egress.get(
            lineage_address(source, seq),
            types=(LINEAGE_MEDIA_TYPE,),
            max_bytes=MAX_BUNDLE,
            seconds=TIME_LIMIT_SECONDS,
        )
        if answer.status != OK:
            raise NoAnswer(f"status {answer.status} for the lineage")
        return _text(answer)

    def _report(self, seq: int) -> None:
        address = self._sources.seen
        try:
            checkpoint = self._bundles.find_checkpoint(self._pinned.issuer) or ""
            self._reporter.report(seq, checkpoint, now=self._clock.now())
        except (EgressError, NotHeard) as error:
            if self._complaints.is_new(address, kind_of(error)):
                log.warning("%s was not told what is honoured here", address, extra={"detail": str(error)})
        else:
            self._complaints.has_ended(address)

    def _miss_witnesses(self, held: AdmittedBundle) -> None:
        """Say once that nobody stands by what is held, when they should by now."""
        about = f"the witnesses of {held.issuer}"
        if not is_witness_overdue(held.belief, now=self._clock.now()):
            self._complaints.has_ended(about)
        elif self._complaints.is_new(about, str(held.seq)):
            log.error("no witness stands by trust bundle %d, which came without them", held.seq)
            subject = f"{held.issuer} {held.seq}"
            self._events.record(Event(EventKind.TRUST_BUNDLE_UNWITNESSED, self._clock.now(), subject=subject))

    def _complain(self, source: str, error: Exception) -> None:
        if not self._complaints.is_new(source, kind_of(error)):
            return
        log.warning("nothing usable from %s: what is held stays", source, extra={"detail": str(error)})
        if is_alarm(error):
            kind = EventKind.TRUST_BUNDLE_CONTRADICTED
            self._events.record(Event(kind, self._clock.now(), subject=f"{type(error).__name__} {source}"))


def _mark(known: AdmittedBundle | None) -> tuple[str, str] | None:
    """What is held, and how it is narrowed."""
    return None if known is None else (known.content_hash, known.narrowing)


def _admitted(new: Bundle, weighed: Weighed, root_version: int, now: datetime) -> AdmittedBundle:
    return AdmittedBundle(
        issuer=new.issuer,
        root_version=root_version,
        seq=new.seq,
        content_hash=new.content_hash,
        issued_at=weighed.belief.since,
        expires_at=new.expires_at,
        next_update=new.next_update,
        admitted_at=now,
        log=weighed.belief.head,
        log_checkpoint=weighed.checkpoint,
        is_witnessed=weighed.belief.is_witnessed,
    )


def _text(answer: Answer) -> str:
    return answer.body.decode("ascii", errors="replace")
