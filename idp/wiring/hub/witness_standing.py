"""How the witnesses stand to the hub's log, and what waits for them: read for whoever looks, and never written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from idp.oidc.vocabulary import AcrLevel
from idp.storage.trust_contents import Published
from idp.storage.trust_list import TrustListRepository
from idp.storage.witnessed_logs import KnownWitness, WitnessedLogs
from idp.transparency.cosignature import Quorum
from idp.transparency.leaves import LogName
from idp.trustlist.changes import Change
from idp.trustlist.standing import Said, Waiting, WitnessLine, WitnessStanding
from idp.wiring.hub.asking_witnesses import AskingWitnesses
from idp.wiring.witnessing.evidence import quorum_said
from idp.wiring.witnessing.log import Log


@dataclass(frozen=True, slots=True)
class _Contents:
    """What is out and what is newest, as far as it is looked at here; the rest of thousands of regions is let go."""

    out_seq: int
    newest_seq: int
    newest_index: int
    """Where the log has the newest."""
    out: Said | None
    newest: Said
    quorums: tuple[Quorum, ...]


class WitnessStandings:
    """One for each process of the hub."""

    def __init__(
        self,
        hub_log: Log,
        lists: TrustListRepository,
        store: WitnessedLogs,
        witnesses: AskingWitnesses,
        acr: Callable[[AcrLevel], str],
    ) -> None:
        self._log, self._lists, self._store = hub_log, lists, store
        self._witnesses, self._acr = witnesses, acr
        self._held: _Contents | None = None

    def __call__(self, *, now: datetime) -> WitnessStanding:
        """As it is now. A few rows are read, however long the list is."""
        asked = self._witnesses.witnesses(now=now)
        cosigned = self._witnesses.cosigned()
        return WitnessStanding(
            quorum=self._store.named(LogName.TRUST).quorum,
            log_size=self._log.size(),
            cosigned_at=None if cosigned is None else cosigned.cosigned_at,
            witnesses=tuple(_line(one) for one in asked if not one.is_former),
            waiting=self._waiting(asked),
        )

    def is_held_up(self, change: Change) -> bool:
        """Whether a change that was made waits for witnesses: the newest content says it, and what is out does not."""
        contents = self._contents()
        return (
            contents is not None
            and contents.newest.has(change, self._acr)
            and not (contents.out is not None and contents.out.has(change, self._acr))
        )

    def _waiting(self, asked: Iterable[KnownWitness]) -> Waiting | None:
        contents = self._contents()
        since = None if contents is None else self._lists.contents.waiting_since(contents.out_seq)
        if contents is None or since is None:
            return None
        standing = {one.key for one in asked if one.size > contents.newest_index and not one.fault}
        # The quorum that lacks most: where the witnesses change, those before and those after have to agree.
        needed, count = max(
            ((quorum.least, _count(quorum, standing)) for quorum in contents.quorums),
            key=lambda one: one[0] - one[1],
        )
        out = contents.out.in_use if contents.out else frozenset()
        return Waiting(since, count, needed, contents.newest.in_use - out)

    def _contents(self) -> _Contents | None:
        """Of what waits; None where nothing does. A content is large and never changes: each is read once."""
        seqs = self._lists.contents.waiting_seqs()
        if seqs is None:
            return None
        held = self._held
        if held is None or (held.out_seq, held.newest_seq) != seqs:
            held = self._held = _read(self._lists.contents.out(), self._lists.contents.newest())
        return held


def _read(out: Published | None, newest: Published | None) -> _Contents | None:
    if newest is None or newest.signed is not None or newest.log_index is None:
        return None
    contents = [one.content for one in (out, newest) if one is not None]
    return _Contents(
        out_seq=0 if out is None else out.seq,
        newest_seq=newest.seq,
        newest_index=newest.log_index,
        out=None if out is None else Said.of(out.content),
        newest=Said.of(newest.content),
        quorums=tuple(map(quorum_said, contents)),
    )


def _count(quorum: Quorum, standing: set[str]) -> int:
    return len({key.public for key in quorum.keys if str(key) in standing})


def _line(witness: KnownWitness) -> WitnessLine:
    return WitnessLine(witness.key, witness.address, witness.size, witness.answered_at, witness.fault)
