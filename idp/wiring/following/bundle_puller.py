"""Brings the newest trust bundle into a region: asks the hub, then the mirrors, verifies, admits, keeps.

Whatever goes wrong, what is held stays and its age goes on. What is new is verified with the keys that the held bundle
names, or with the pinned ones when nothing is held, and is stored by one statement that never goes back. Then follows
what hangs from it: consequences first, and only when they are drawn the hub is told how far we are.
"""

from __future__ import annotations

import logging
from datetime import datetime

from idp.adapters.egress import NOT_MODIFIED, Answer, Egress
from idp.adapters.egress_errors import EgressError
from idp.foundation.clock import Clock
from idp.foundation.events import Event, EventKind, EventLog
from idp.storage.trust_bundles import AdmittedBundle, TrustBundles
from idp.trustlist.admission import Gap, NotAdmitted, Pinned, admit, signers
from idp.trustlist.bundle import BUNDLE_TYPE, Bundle
from idp.trustlist.claims import BadBundle
from idp.trustlist.pulling import Complaints, Sources, is_alarm, is_overdue, kind_of, lineage_address
from idp.trustlist.reading import MAX_BUNDLE
from idp.wiring.following.bundle_reading import LINEAGE_TYPE, BadSignature, BundleReader
from idp.wiring.following.consequences import Consequences
from idp.wiring.following.seen_reporter import NotHeard, SeenReporter
from idp.wiring.following.trust import HeldTrust

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
        trust: HeldTrust,
        bundles: TrustBundles,
        draw: Consequences,
        reporter: SeenReporter,
        events: EventLog,
        clock: Clock,
    ) -> None:
        self._pinned, self._sources = pinned, sources
        self._egress, self.reader = egress, reader
        self._trust, self._bundles = trust, bundles
        self._draw, self._reporter = draw, reporter
        self._events, self._clock = events, clock
        self._complaints = Complaints()
        self._etags: dict[str, str] = {}
        """By source: of the last document that was good, so that it need not come again."""

    def pull(self) -> None:
        """Ask for news and do what follows. Raises: StorageError; everything else is said to the log."""
        for source in self._sources.addresses:
            if self._ask(source) and not is_overdue(self._trust().bundle, now=self._clock.now()):
                break
        self.follow()

    def follow(self) -> None:
        """Draw the consequences of what is held, whoever admitted it, and tell the hub. Raises: StorageError.

        What a killed process left undone, and whoever slipped in through a slower one, is found now.
        """
        snapshot = self._trust.look_now()
        if snapshot.earliest_now is not None:
            self._bundles.note_latest(self._pinned.issuer, snapshot.earliest_now)
        # Read anew: that the consequences were drawn is nothing that processes are told.
        held = self._bundles.find(self._pinned.issuer)
        if snapshot.bundle is None or held is None or held.content_hash != snapshot.bundle.content_hash:
            return
        self._draw(snapshot.bundle, is_news=not held.is_applied, now=self._clock.now())
        if not held.is_applied:
            self._bundles.set_applied(held.issuer, held.content_hash)
        self._report(held.seq)

    def _ask(self, source: str) -> bool:
        """Whether the source answered well, with news or without. Raises: StorageError."""
        try:
            answer = self._fetch(source)
            if answer.status != NOT_MODIFIED:
                self._admit(source, _text(answer))
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

    def _admit(self, source: str, document: str) -> None:
        """Raises: BadSignature, BadBundle, NotAdmitted, EgressError, NoAnswer, StorageError."""
        snapshot, known = self._trust.look_now(), self._trust.held
        held, now = snapshot.bundle, self._clock.now()
        new = self.reader.bundle(document, signers(self._pinned, held))
        if self._is_newer(source, new, held, now):
            admitted = AdmittedBundle(
                issuer=new.issuer,
                root_version=max(self._pinned.root_version, known.root_version if known else 0),
                seq=new.seq,
                content_hash=new.content_hash,
                issued_at=new.issued_at,
                expires_at=new.expires_at,
                next_update=new.next_update,
                admitted_at=now,
            )
            if self._bundles.put(admitted, document, self._bundles.find(new.issuer)):
                log.info("trust bundle %d of %s admitted", new.seq, new.issuer)
            # Else another process was faster; whether ours is newer than what it kept, the next round sees.
            self._trust.look_now()
            if held is None or new.seq != held.seq:
                self._keep_lineage(source, new)

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
            self._reporter.report(seq, now=self._clock.now())
        except (EgressError, NotHeard) as error:
            if self._complaints.is_new(address, kind_of(error)):
                log.warning("%s was not told what is honoured here", address, extra={"detail": str(error)})
        else:
            self._complaints.has_ended(address)

    def _complain(self, source: str, error: Exception) -> None:
        if not self._complaints.is_new(source, kind_of(error)):
            return
        log.warning("nothing usable from %s: what is held stays", source, extra={"detail": str(error)})
        if is_alarm(error):
            kind = EventKind.TRUST_BUNDLE_CONTRADICTED
            self._events.record(Event(kind, self._clock.now(), subject=f"{type(error).__name__} {source}"))


def _text(answer: Answer) -> str:
    return answer.body.decode("ascii", errors="replace")
