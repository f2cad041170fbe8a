"""Has the hub's log cosigned: every witness is shown its newest head at once, and what enough of them sign is kept.

A witness that does not answer holds nobody up for long, and an answer is believed only by its signature. Any process
may ask; what is kept never goes back. Spec: C2SP tlog-witness, tlog-cosignature.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from idp.adapters.egress import Answer, Egress
from idp.adapters.egress_errors import EgressError
from idp.foundation.sentence import N_, Refusal
from idp.storage.witnessed_logs import Cosigned, KnownWitness, WitnessedLogs
from idp.transparency import cosignature
from idp.transparency import note as notes
from idp.transparency.checkpoint import BadCheckpoint, SignedCheckpoint, parse_size
from idp.transparency.cosignature import Quorum, TooFewWitnesses, stood_by_at
from idp.transparency.leaves import LogName
from idp.transparency.note import BadNote, NoteKey, NoteSignature, NotSigned, Verify
from idp.transparency.witness import AddCheckpoint
from idp.wiring.witnessing.log import Log

ADD_CHECKPOINT = "/add-checkpoint"
ASK_EVERY = timedelta(seconds=60)
"""How often a head is cosigned again that has not changed: so that it stays young."""
ASK_AGAIN = timedelta(seconds=2)
"""How soon after an attempt that enough did not answer."""
FORMER_FOR = timedelta(days=30)
"""For how long a witness is still asked after it was taken off the list."""
AT_ONCE = 16
SECONDS = 2.0
MAX_ANSWER = 64 * 1024
OK, CONFLICT = 200, 409
_TYPES = ("text/plain", "text/x.tlog.size", "application/octet-stream", "")

log = logging.getLogger("idp.hub")


class NoCosignature(Refusal):
    """A witness answered, and did not cosign."""


class _Behind(NoCosignature):
    """The witness is at another size than we thought."""

    def __init__(self, size: int) -> None:
        super().__init__("witness-behind", N_("It is at %(size)s, and not where we thought."), size=size)
        self.size = size


class AskingWitnesses:
    """One for each process of the hub."""

    def __init__(self, hub_log: Log, store: WitnessedLogs, egress: Egress, verifier: Verify) -> None:
        self._log, self._store, self._egress, self._verifier = hub_log, store, egress, verifier
        self._lack = ""
        """What was missing the last time, so that an outage of a day is one line of our log."""

    def cosigned(self) -> Cosigned | None:
        """The newest head that enough witnesses stand by."""
        return self._store.cosigned(LogName.TRUST)

    def witnesses(self, *, now: datetime) -> tuple[KnownWitness, ...]:
        """Everybody who is asked, and how they answered."""
        return self._store.asked(since=now - FORMER_FOR)

    def are_missing(self, *, now: datetime) -> bool:
        """Whether nobody has cosigned for longer than it takes to ask again: what is out grows old."""
        held = self.cosigned()
        return held is None or now - held.cosigned_at > 2 * ASK_EVERY

    def is_due(self, *, now: datetime) -> bool:
        """Whether it is time to ask, and the caller is the one to do it."""
        held = self.cosigned()
        is_young = held is not None and held.size == self._log.size() and now - held.cosigned_at < ASK_EVERY
        if is_young or not self.witnesses(now=now):
            return False
        next_at = now + ASK_AGAIN
        return self._store.claim(LogName.TRUST, now=now, next_at=next_at, latest=next_at)

    def ask(self, required: Sequence[Quorum], *, now: datetime) -> bool:
        """Show every witness the newest head; whether enough stand by it, for each of these quorums."""
        witnesses, signed = self.witnesses(now=now), self._log.signed_head()
        if not witnesses:
            return False
        lines = self._collect(witnesses, signed, now)
        note = signed.note.with_signatures(lines)
        try:
            times = [stood_by_at(note, quorum, self._verifier, now=now) for quorum in required]
        except TooFewWitnesses as error:
            self._complain(str(error))
            return False
        self._complain("")
        at = min((one for one in times if one is not None), default=now)
        self._store.keep(LogName.TRUST, Cosigned(signed.checkpoint.size, str(note), at))
        return True

    def _complain(self, lack: str) -> None:
        if lack and lack != self._lack:
            log.warning("the log is not cosigned: %s", lack)
        elif self._lack and not lack:
            log.info("the log is cosigned again")
        self._lack = lack

    def _collect(
        self, witnesses: Sequence[KnownWitness], signed: SignedCheckpoint, now: datetime
    ) -> list[NoteSignature]:
        """What they signed. Those that are elsewhere than we thought are asked once more, from there."""
        size, lines, behind = signed.checkpoint.size, [], {}
        for witness, outcome in self._round(
            {one.key: one.size for one in witnesses}, witnesses, signed
        ).items():
            if isinstance(outcome, _Behind):
                behind[witness] = outcome.size
            else:
                lines.append((witness, outcome))
        again = [one for one in witnesses if one.key in behind]
        lines += self._round(behind, again, signed).items()
        for key, outcome in lines:
            known = behind.get(key, next(one.size for one in witnesses if one.key == key))
            if isinstance(outcome, NoCosignature):
                self._store.note_failed(key, known, outcome.sentence)
            else:
                self._store.note_answered(key, size, now=now)
        return [outcome for _, outcome in lines if isinstance(outcome, NoteSignature)]

    def _round(
        self, sizes: Mapping[str, int], witnesses: Sequence[KnownWitness], signed: SignedCheckpoint
    ) -> dict[str, NoteSignature | NoCosignature]:
        """Ask these all at once. The proofs are made here: the threads that ask have no database."""
        if not witnesses:
            return {}
        bodies = {one.key: self._request(sizes[one.key], signed) for one in witnesses}
        with ThreadPoolExecutor(min(AT_ONCE, len(witnesses)), "asking-witness") as pool:
            outcomes = pool.map(lambda one: self._outcome(one, bodies[one.key], signed), witnesses)
            return dict(zip((one.key for one in witnesses), outcomes, strict=True))

    def _request(self, old: int, signed: SignedCheckpoint) -> AddCheckpoint | None:
        size = signed.checkpoint.size
        return None if old > size else AddCheckpoint(old, self._log.consistency(old, size), str(signed))

    def _outcome(
        self, witness: KnownWitness, request: AddCheckpoint | None, signed: SignedCheckpoint
    ) -> NoteSignature | NoCosignature:
        if request is None:
            return NoCosignature(
                "witness-ahead", N_("It has seen a longer log: was this database restored from a backup?")
            )
        try:
            return self._ask(witness, request, signed)
        except NoCosignature as failure:
            return failure
        except EgressError as error:
            return NoCosignature(
                "witness-unreachable", N_("It cannot be reached (%(detail)s)."), detail=str(error)
            )

    def _ask(self, witness: KnownWitness, request: AddCheckpoint, signed: SignedCheckpoint) -> NoteSignature:
        """Raises: NoCosignature, EgressError."""
        answer = self._egress.post(
            witness.address + ADD_CHECKPOINT,
            str(request).encode(),
            "text/plain",
            types=_TYPES,
            max_bytes=MAX_ANSWER,
            seconds=SECONDS,
        )
        if answer.status == CONFLICT:
            raise _conflict(answer, request)
        if answer.status != OK:
            raise NoCosignature("witness-status", N_("It answered %(status)s."), status=answer.status)
        return self._verified(NoteKey.parse(witness.key), answer, signed)

    def _verified(self, key: NoteKey, answer: Answer, signed: SignedCheckpoint) -> NoteSignature:
        """The cosignature in an answer. Raises: NoCosignature."""
        try:
            for line in notes.parse_signatures(answer.body.decode("utf-8")):
                if line.is_by(key):
                    cosignature.verify(signed.note.text, key, line, self._verifier)
                    return line
        except (BadNote, NotSigned, UnicodeDecodeError) as error:
            raise NoCosignature(
                "witness-no-cosignature", N_("What it answered is no cosignature of its.")
            ) from error
        raise NoCosignature("witness-other-cosignature", N_("What it answered is another's cosignature."))


def _conflict(answer: Answer, request: AddCheckpoint) -> NoCosignature:
    try:
        size = parse_size(answer.body.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, BadCheckpoint):
        return NoCosignature("witness-nowhere", N_("It is at another size, and does not say at which."))
    if size == request.old_size:
        return NoCosignature("witness-fork", N_("It says that our log has two roots at %(size)s."), size=size)
    return _Behind(size)
