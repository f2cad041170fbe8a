"""Changing the record: entries, their order, their end; proofs of something else; a log with two pasts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from idp.adapters.note_keys import verify_ed25519
from idp.cli.log_folder import LogFolder, export
from idp.foundation.entropy import SystemEntropy
from idp.foundation.events import Event, EventKind
from idp.storage import audit_log
from idp.storage.schema import audit_events, log_entries
from idp.storage.statement import Statement
from idp.transparency.audit_export import BadLine, verify_line
from idp.transparency.checkpoint import Checkpoint, open_checkpoint
from idp.transparency.leaves import LogName
from idp.transparency.merkle import leaf_hash
from idp.transparency.note import NotSigned
from idp.transparency.proofs import BadProof, verify_consistency, verify_inclusion
from idp.transparency.tiles import Tile
from idp.transparency.verification import LogFault, examine, parts_of, verify
from idp.trustlist.changes import Restore, Suspend
from idp.wiring import build_services
from idp.wiring.witnessing.log import Log, Rewritten
from tests.support.clock import FakeClock
from tests.support.hub import Nation, build_nation, hub_settings
from tests.support.provider import Provider

Change = Callable[[list[bytes]], list[bytes]]


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    """A hub with some history."""
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    built.hub.publish(now=clock.now())
    east, now = built.listed(), clock.now()
    for _ in range(3):
        built.hub.change(Suspend(east.op, "review"), now=now)
        built.hub.change(Restore(east.op), now=now)
    yield built
    built.services.close()


@pytest.fixture
def log(nation: Nation) -> Log:
    return nation.services.logs[LogName.TRUST]


@pytest.fixture
def twin(nation: Nation) -> Iterator[Nation]:
    """Another process of the hub, which has signed nothing yet."""
    built = build_nation(nation.settings, nation.clock)
    yield built
    built.services.close()


def opened(log: Log, folder: LogFolder) -> Checkpoint:
    note = folder("checkpoint")
    assert note is not None
    return open_checkpoint(note.decode(), log.origin, log.keys, verify_ed25519).checkpoint


def verified(folder: LogFolder, checkpoint: Checkpoint, previous: Checkpoint | None = None) -> None:
    verify(
        folder,
        checkpoint,
        [examine(folder, part, checkpoint.size) for part in parts_of(checkpoint.size, 1)],
        previous,
    )


class TestTheRecordIsChanged:
    """By whoever has the database, but not the key in which everybody saw it signed."""

    @pytest.mark.parametrize(
        ("change", "index"),
        [
            (lambda entries: [*entries[:5], entries[5].replace(b'"suspend"', b'"restore"'), *entries[6:]], 5),
            (lambda entries: [*entries[:5], *entries[6:], entries[5]], 5),
            (lambda entries: [*entries[:6], entries[7], entries[6], *entries[8:]], 6),
            (lambda entries: entries[:-1], None),
        ],
        ids=["changed", "removed", "reordered", "cut"],
    )
    def test_it_is_found_and_named(
        self, nation: Nation, log: Log, tmp_path: Path, change: Change, index: int | None
    ) -> None:
        signed = LogFolder(tmp_path / "signed")
        export(log, signed)
        checkpoint = opened(log, signed)
        verified(signed, checkpoint)
        entries = list(log.entries(0, checkpoint.size))
        assert change(entries) != entries, "something was changed"

        rewrite(nation, change(entries))
        (tmp_path / "signed" / "tile" / "entries" / "000.p" / str(checkpoint.size)).write_bytes(
            bundle(log.entries(0, checkpoint.size))
        )

        with pytest.raises(LogFault) as found:
            verified(signed, checkpoint)
        assert found.value.index == (checkpoint.size - 1 if index is None else index)

    def test_a_checkpoint_for_the_changed_record_takes_the_key_of_the_log(self, log: Log) -> None:
        note = str(log.signed_head()).replace("\n\n", "\n\n", 1)
        size = str(log.size())

        forged = note.replace(f"\n{size}\n", f"\n{int(size) - 1}\n", 1)

        with pytest.raises(NotSigned):
            open_checkpoint(forged, log.origin, log.keys, verify_ed25519)

    def test_no_change_of_the_list_is_without_its_entry(self, nation: Nation, log: Log) -> None:
        """Also when appending fails: then there is no change."""
        state = nation.services.stores.trust_list.state()
        before = log.size()
        # Somebody took the next number in the log behind its back.
        nation.services.database.run(
            Statement(log_entries.insert()), log="trust", idx=before, leaf_hash=bytes(32), entry=b"{}"
        )

        with pytest.raises(Exception, match=r".+"):
            nation.hub.change(Suspend(state.listed.regions[0].op, "review"), now=nation.clock.now())

        assert nation.services.stores.trust_list.state() == state
        assert log.size() == before


class TestAProofOfSomethingElse:
    """An entry is not in the log by the proof of another entry, or in a tree of another size."""

    def test_a_proof_of_another_leaf_proves_nothing(self, log: Log) -> None:
        size, root = log.size(), log.root()
        entries = log.entries(0, size)

        for index in range(size):
            for other in {index - 1, index + 1} & set(range(size)):
                with pytest.raises(BadProof):
                    verify_inclusion(leaf_hash(entries[index]), index, size, log.inclusion(other, size), root)
                with pytest.raises(BadProof):
                    verify_inclusion(leaf_hash(entries[index]), other, size, log.inclusion(other, size), root)

    @pytest.mark.parametrize("by", [-1, 1])
    def test_a_proof_for_another_size_proves_nothing(self, log: Log, by: int) -> None:
        size = log.size() - 1
        entry = log.entries(size - 2, size - 1)[0]
        proof = log.inclusion(size - 2, size)

        with pytest.raises(BadProof):
            verify_inclusion(leaf_hash(entry), size - 2, size + by, proof, log.root(size + by))

    def test_an_entry_that_is_in_no_log_has_no_proof(self, log: Log) -> None:
        size = log.size()

        with pytest.raises(BadProof):
            verify_inclusion(leaf_hash(b"forged"), size - 1, size, log.inclusion(size - 1, size), log.root())
        with pytest.raises(BadProof):
            verify_inclusion(leaf_hash(b"forged"), size, size, (), log.root())


class TestALogWithTwoPasts:
    """Somebody is shown another log than somebody else, or than before."""

    def test_it_does_not_follow_from_what_was_believed(self, nation: Nation, log: Log) -> None:
        old_size, old_root = log.size(), log.root()
        nation.listed("http://west.id.localhost:8002")
        new_size = log.size()

        fork(nation, 4)

        with pytest.raises(BadProof):
            verify_consistency(old_size, old_root, new_size, log.root(), log.consistency(old_size, new_size))

    def test_a_process_does_not_sign_what_it_did_not_see_grow(self, nation: Nation, log: Log) -> None:
        log.signed_head()

        fork(nation, 4)

        with pytest.raises(Rewritten):
            log.signed_head()
        nation.clock.advance(seconds=2)
        assert nation.get("/log/trust/checkpoint").status_code == 500

    def test_nor_an_old_copy_that_was_restored(self, nation: Nation, log: Log) -> None:
        kept = log.signed_head().checkpoint

        rewrite(nation, list(log.entries(0, kept.size - 2)))

        with pytest.raises(Rewritten):
            log.signed_head()

    def test_whoever_kept_a_checkpoint_finds_it_offline(
        self, nation: Nation, log: Log, twin: Nation, tmp_path: Path
    ) -> None:
        kept = log.signed_head().checkpoint
        nation.listed("http://west.id.localhost:8002")
        fork(nation, 4)
        folder, other = LogFolder(tmp_path / "forked"), twin.services.logs[LogName.TRUST]
        export(other, folder)
        checkpoint = opened(other, folder)
        verified(folder, checkpoint)

        with pytest.raises(LogFault, match="forked"):
            verified(folder, checkpoint, kept)

    def test_a_log_that_got_shorter_is_found(
        self, nation: Nation, log: Log, twin: Nation, tmp_path: Path
    ) -> None:
        kept = log.signed_head().checkpoint
        rewrite(nation, list(log.entries(0, kept.size - 2)))
        folder, other = LogFolder(tmp_path / "cut"), twin.services.logs[LogName.TRUST]
        export(other, folder)

        with pytest.raises(LogFault, match="was cut"):
            verified(folder, opened(other, folder), kept)

    def test_another_log_of_the_same_key_is_not_this_one(self, nation: Nation, log: Log) -> None:
        """The audit log is signed with the same key, under its own name."""
        other = nation.services.logs[LogName.AUDIT].signed_head()

        with pytest.raises(ValueError, match="another log"):
            open_checkpoint(str(other), log.origin, log.keys, verify_ed25519)


class TestTheAuditTrail:
    """Lines of it cannot be changed unseen, and say nothing about people to strangers."""

    def test_a_line_that_was_changed_does_not_match_its_entry(self, provider: Provider) -> None:
        lines = self.lines(provider, "ada", "bo")
        provider.services.database.run(
            Statement(update(audit_events).values(account_id="bo").where(audit_events.c.account_id == "ada"))
        )

        checkpoint, changed = self.exported(provider)

        assert len(changed) == len(lines)
        (line,) = [line for line in changed if line["concerns"] not in [one["concerns"] for one in lines]]
        with pytest.raises(BadLine, match="somebody else"):
            verify_line(line, checkpoint)

    def test_a_line_that_was_deleted_leaves_its_entry(self, provider: Provider) -> None:
        self.lines(provider, "ada")
        provider.services.database.run(Statement(delete(audit_events)))

        log = provider.services.logs[LogName.AUDIT]

        assert log.size() >= 1
        assert b'"signed_in"' in log.entries(0, log.size())[-1]

    def test_names_cannot_be_tried_against_an_entry_without_its_salt(self, provider: Provider) -> None:
        self.lines(provider, "ada")
        provider.services.audit.forget("ada")

        _, lines = self.exported(provider)
        rows = provider.services.database.all(Statement(select(audit_events)))

        assert lines[0]["concerns"] is None
        assert all(row.salt is None for row in rows if row.account_id is None and row.subject is None)

    def test_nobody_stays_in_it_because_the_trail_is_long(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever makes many lines must not keep a person from being forgotten."""
        provider.services.stores.audit_log.catch_up(SystemEntropy())
        monkeypatch.setattr(audit_log, "BATCH", 2)
        monkeypatch.setattr(audit_log, "MOST_BATCHES", 2)
        for account in [*["bo"] * 9, "ada"]:
            provider.services.stores.events.record(
                Event(EventKind.SIGNED_IN, provider.clock.now(), account, None, "session")
            )

        assert provider.services.audit.forget("ada") == 1

        rows = provider.services.database.all(Statement(select(audit_events)))
        assert "ada" not in [row.account_id for row in rows]

    def test_strangers_do_not_see_when_something_happens(self, provider: Provider) -> None:
        """Whoever asks each second, for heads or for parts of tiles, and of whichever process."""
        twin = build_services(provider.settings, clock=provider.clock)
        processes = [one.logs[LogName.AUDIT] for one in (provider.services, twin)]
        self.record(provider)
        provider.services.stores.audit_log.catch_up(SystemEntropy())

        provider.clock.advance(minutes=9, seconds=59)
        early = [self.seen(log, provider) for log in processes]
        provider.clock.advance(seconds=1)
        self.record(provider)
        provider.services.stores.audit_log.catch_up(SystemEntropy())
        late = [self.seen(log, provider) for log in processes]
        provider.clock.advance(minutes=9, seconds=59)

        assert early == [(0, 0), (0, 0)]
        assert late == [(1, 1), (1, 1)]
        assert self.seen(processes[0], provider) == (1, 1)
        assert processes[0].size() == 2
        assert provider.send("GET", "/log/audit/tile/0/000.p/1").status_code == 200
        assert provider.send("GET", "/log/audit/tile/0/000.p/2").status_code == 404
        twin.close()

    def test_strangers_make_nobody_write(self, provider: Provider) -> None:
        log = provider.services.logs[LogName.AUDIT]
        self.record(provider)

        provider.clock.advance(minutes=20)
        log.checkpoint(now=provider.clock.now())

        assert log.size() == 0

    def seen(self, log: Log, provider: Provider) -> tuple[int, int]:
        """How long the log is by its head, and by the hashes that can be had."""
        now, width = provider.clock.now(), 0
        head = open_checkpoint(log.checkpoint(now=now), log.origin, log.keys, verify_ed25519).checkpoint
        with suppress(LookupError):
            while log.shown_tile(Tile(0, 0, width + 1), now=now):
                width += 1
        return head.size, width

    def record(self, provider: Provider) -> None:
        provider.services.stores.events.record(
            Event(EventKind.SIGNED_IN, provider.clock.now(), "ada", None, "session")
        )

    def test_a_forged_salt_makes_nobody_of_an_entry(self, provider: Provider) -> None:
        self.lines(provider, "ada")
        checkpoint, (line, *_) = self.exported(provider)

        with pytest.raises(BadLine):
            verify_line({**line, "concerns": {**line["concerns"], "salt": ""}}, checkpoint)
        with pytest.raises(BadLine):
            verify_line(line, replace(checkpoint, root=bytes(32)))

    def lines(self, provider: Provider, *accounts: str) -> list[dict[str, object]]:
        for account in accounts:
            provider.services.stores.events.record(
                Event(EventKind.SIGNED_IN, provider.clock.now(), account, None, "session")
            )
        provider.services.stores.audit_log.catch_up(SystemEntropy())
        checkpoint, lines = self.exported(provider)
        for line in lines:
            verify_line(line, checkpoint)
        return lines

    def exported(self, provider: Provider) -> tuple[Checkpoint, list[dict[str, object]]]:
        from idp.foundation.event_search import EventFilter

        log = provider.services.logs[LogName.AUDIT]
        head, *lines = provider.services.audit.export(EventFilter())
        return open_checkpoint(head["checkpoint"], log.origin, log.keys, verify_ed25519).checkpoint, lines


def fork(nation: Nation, size: int) -> None:
    """Give the log another past from `size` on."""
    log = nation.services.logs[LogName.TRUST]
    entries = list(log.entries(0, log.size()))
    rewrite(nation, [*entries[:size], *(entry.replace(b"review", b"REVIEW") for entry in entries[size:])])


def rewrite(nation: Nation, entries: list[bytes]) -> None:
    """What somebody with the database can do: other entries, and a head that fits."""
    from idp.storage.schema import log_heads
    from idp.transparency.merkle import Frontier

    database, frontier = nation.services.database, Frontier()
    database.run(Statement(delete(log_entries).where(log_entries.c.log == "trust")))
    for index, entry in enumerate(entries):
        hashed = leaf_hash(entry)
        frontier.add(hashed)
        database.run(Statement(log_entries.insert()), log="trust", idx=index, leaf_hash=hashed, entry=entry)
    database.run(
        Statement(
            update(log_heads)
            .where(log_heads.c.log == "trust")
            .values(size=frontier.size, frontier=frontier.packed())
        )
    )


def bundle(entries: tuple[bytes, ...]) -> bytes:
    from idp.transparency.tiles import bundle_of

    return bundle_of(entries)
