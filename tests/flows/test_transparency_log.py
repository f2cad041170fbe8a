"""The hub's trust log, as anybody follows it: over HTTP, with proofs, offline from a folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.note_keys import verify_ed25519
from idp.cli import rounds
from idp.cli.log_folder import LogFolder, export
from idp.governance.change_request import Authority
from idp.oidc.vocabulary import AcrLevel
from idp.storage.witnessed_logs import Cosigned
from idp.transparency.checkpoint import Checkpoint, open_checkpoint
from idp.transparency.cosignature import cosign
from idp.transparency.leaves import LogName, read_leaf
from idp.transparency.merkle import leaf_hash
from idp.transparency.proofs import verify_consistency, verify_inclusion
from idp.transparency.tiles import Tile, entries_of, hashes_of
from idp.transparency.verification import examine, parts_of, verify
from idp.trustlist.changes import Restore, RevokeKey, SetCeiling, SetWitnesses, Suspend
from idp.trustlist.listing import ListedWitness
from tests.support.hub import Nation, build_nation
from tests.support.witnesses import witness

ORIGIN = "hub.id.localhost:8000/log/trust"


def checkpoint(nation: Nation) -> Checkpoint:
    """What the hub signs now, verified."""
    nation.clock.advance(seconds=2)
    answer = nation.get("/log/trust/checkpoint")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    keys = nation.services.logs[LogName.TRUST].keys
    return open_checkpoint(answer.text, ORIGIN, keys, verify_ed25519).checkpoint


def entries(nation: Nation) -> list[dict[str, Any]]:
    """Every entry, fetched as a bundle."""
    size = checkpoint(nation).size
    answer = nation.get(f"/log/trust/{Tile(0, 0, size, is_entries=True).path}")
    assert answer.content_type == "application/octet-stream"
    return [read_leaf(entry) for entry in entries_of(answer.data)]


def actions(nation: Nation, subject: str) -> list[str]:
    return [entry["action"] for entry in entries(nation) if entry["subject"] == subject]


def test_every_change_of_the_list_is_an_entry_and_each_follows_the_one_before_it(nation: Nation) -> None:
    east, now = nation.listed(), nation.clock.now()
    kid = east.provider_keys[0].thumbprint()
    for change in (
        SetCeiling(east.op, AcrLevel.ONE_FACTOR),
        Suspend(east.op, "review"),
        Restore(east.op),
        RevokeKey(east.op, kid, "superseded"),
    ):
        nation.hub.change(change, now=now)

    of_east = [entry for entry in entries(nation) if entry["subject"] == east.op]

    assert [entry["action"] for entry in of_east] == ["admit", "ceiling", "suspend", "restore", "revoke-key"]
    assert [entry["reason_code"] for entry in of_east] == ["", "", "review", "", ""]
    assert of_east[0]["before_hash"] is None
    for before, after in pairwise(of_east):
        assert after["before_hash"] == before["after_hash"] != after["after_hash"]
    assert of_east[-1]["revoked"] == [[east.op, kid, "superseded"]]
    assert all(entry["authority"] == "set-up" for entry in of_east)


def test_every_content_is_an_entry_that_the_bundle_can_be_held_against(nation: Nation) -> None:
    nation.listed()
    newest = nation.services.stores.trust_list.contents.newest()
    assert newest is not None
    assert newest.log_index is not None

    found = entries(nation)
    contents = [entry for entry in found if entry["action"] == "bundle"]

    assert found[newest.log_index] == contents[-1]
    assert contents[-1]["after_hash"] == newest.hash
    assert [entry["seq"] for entry in contents] == list(range(1, newest.seq + 1))
    assert [entry["before_hash"] for entry in contents] == [
        None,
        *(one["after_hash"] for one in contents[:-1]),
    ]


def test_every_statement_that_the_hub_signs_is_an_entry(nation: Nation) -> None:
    from idp.foundation.canonical_json import hash_of_text

    east = nation.listed()
    signed = [nation.entry(east)["statement"]]
    nation.hub.change(SetCeiling(east.op, AcrLevel.ONE_FACTOR), now=nation.clock.now())
    signed.append(nation.entry(east)["statement"])

    logged = [entry["statement_hashes"]["hub"] for entry in entries(nation) if entry["action"] == "statement"]

    assert logged == [hash_of_text(statement) for statement in signed]


def test_keys_of_the_hub_and_what_a_region_says_of_itself_are_entries(nation: Nation) -> None:
    from idp.oidc.keys import KeyPurpose

    east = nation.listed()
    assert actions(nation, f"{nation.settings.issuer}#keys") == ["hub-keys"]

    nation.services.keyrings[KeyPurpose.BUNDLE].rotate()
    nation.clock.advance(minutes=2)
    nation.hub.publish(now=nation.clock.now())
    east.announce()
    nation.hub.regions.visit(east.op, now=nation.clock.now())

    assert actions(nation, f"{nation.settings.issuer}#keys") == ["hub-keys", "hub-keys"]
    (visit,) = [entry for entry in entries(nation) if entry["action"] == "visit"]
    assert visit["authority"] == "automatic"


def test_who_agreed_stands_in_the_entry_by_pseudonym(nation: Nation) -> None:
    east, at = nation.listed(), datetime(2026, 11, 1, 8, tzinfo=UTC)
    authority = Authority("ch_1", "hash", "st_ada", "st_bo", at, None)

    nation.hub.change(Suspend(east.op, "review"), now=nation.clock.now(), authority=authority)

    (entry,) = [entry for entry in entries(nation) if entry["action"] == "suspend"]
    assert entry["authority"] == {
        "change": "ch_1",
        "content_hash": "hash",
        "proposer": "st_ada",
        "approver": "st_bo",
        "requested_at": int(at.timestamp()),
        "approved_at": None,
    }


def test_a_minute_that_changes_nothing_makes_no_entry(nation: Nation) -> None:
    nation.listed()
    before = checkpoint(nation).size

    nation.clock.advance(minutes=5)
    nation.hub.publish(now=nation.clock.now())

    assert checkpoint(nation).size == before


def test_a_content_of_a_release_that_kept_no_log_gets_its_entry(nation: Nation) -> None:
    import sqlite3

    nation.listed()
    with sqlite3.connect(nation.settings.database_url.removeprefix("sqlite:///")) as connection:
        connection.executescript(
            "DELETE FROM log_entries; DELETE FROM log_heads; UPDATE trust_contents SET log_index = NULL"
        )

    nation.clock.advance(minutes=2)
    restarted = build_nation(nation.settings, nation.clock)
    restarted.hub.publish(now=nation.clock.now())
    restarted.hub.publish(now=nation.clock.now())

    newest = nation.services.stores.trust_list.contents.newest()
    assert newest is not None
    assert newest.log_index == 1
    assert [entry["action"] for entry in entries(restarted)] == ["hub-keys", "bundle"]
    restarted.services.close()


def test_whoever_follows_the_log_proves_it_from_tiles(nation: Nation) -> None:
    log = nation.services.logs[LogName.TRUST]
    old = checkpoint(nation)
    nation.listed()
    new = checkpoint(nation)

    hashes = hashes_of(nation.get(f"/log/trust/{Tile(0, 0, new.size).path}").data)

    assert old.size < new.size == len(hashes)
    assert log.root(old.size) == old.root
    verify_consistency(old.size, old.root, new.size, new.root, log.consistency(old.size, new.size))
    for index, hashed in enumerate(hashes):
        verify_inclusion(hashed, index, new.size, log.inclusion(index, new.size), new.root)
    assert leaf_hash(log.entries(0, 1)[0]) == hashes[0]


def test_no_proof_is_made_beyond_the_end(nation: Nation) -> None:
    log = nation.services.logs[LogName.TRUST]
    size = log.size()

    for ask in (
        lambda: log.inclusion(0, size + 1),
        lambda: log.consistency(1, size + 1),
        lambda: log.root(size + 1),
        lambda: log.prover(-1),
    ):
        with pytest.raises(LookupError):
            ask()


def test_full_tiles_are_kept_for_ever_and_the_rest_for_seconds(nation: Nation) -> None:
    east, now = nation.listed(), nation.clock.now()
    while nation.services.logs[LogName.TRUST].size() < 256:
        nation.hub.change(Suspend(east.op, "review"), now=now)
        nation.hub.change(Restore(east.op), now=now)

    full, partial = nation.get("/log/trust/tile/0/000"), nation.get("/log/trust/tile/1/000.p/1")
    bundle = nation.get("/log/trust/tile/entries/000")

    assert "immutable" in full.headers["Cache-Control"]
    assert "immutable" in bundle.headers["Cache-Control"]
    assert len(full.data) == 8_192
    assert partial.headers["Cache-Control"] == "public, max-age=2"
    assert partial.data == nation.services.logs[LogName.TRUST].root(256)
    again = nation.get("/log/trust/tile/0/000", **{"If-None-Match": full.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/log/trust/tile/0/001",
        "/log/trust/tile/0/000",
        "/log/trust/tile/0/000.p/255",
        "/log/trust/tile/1/000.p/1",
        "/log/trust/tile/0/x000/000.p/1",
        "/log/trust/tile/0/000.p/01",
        "/log/trust/tile/entries/000.p/200",
        "/log/trust/tile/7/x999/x999/x999/x999/x999/999",
        "/log/trust/checkpoint/",
        "/log/trust/",
        "/log/trust",
        "/log/other/checkpoint",
        "/log/",
        "/log/" + "x" * 5_000,
        "/log/trust/../audit/checkpoint",
    ],
)
def test_what_the_log_does_not_have_is_not_found(nation: Nation, path: str) -> None:
    assert nation.get(path).status_code == 404


def test_the_audit_log_shows_its_tree_and_not_what_people_did(nation: Nation) -> None:
    from idp.foundation.events import Event, EventKind

    nation.services.stores.events.record(Event(EventKind.KEY_STATE_CHANGED, nation.clock.now(), subject="k"))

    unread = nation.get("/log/audit/checkpoint")
    rounds.once(nation.services, rounds.SEQUENCING)
    nation.clock.advance(minutes=10)
    signed = nation.get("/log/audit/checkpoint")

    assert unread.text.startswith("hub.id.localhost:8000/log/audit\n0\n"), "whoever asks makes nobody write"
    assert signed.text.startswith("hub.id.localhost:8000/log/audit\n1\n")
    assert len(nation.get("/log/audit/tile/0/000.p/1").data) == 32
    assert nation.get("/log/audit/tile/entries/000.p/1").status_code == 404


def test_nothing_is_written_to_a_log_over_http(nation: Nation) -> None:
    assert nation.send("POST", "/log/trust/checkpoint").status_code == 405


def test_one_head_is_signed_once(nation: Nation) -> None:
    log = nation.services.logs[LogName.TRUST]

    assert str(log.signed_head()) == str(log.signed_head())


def test_a_log_is_exported_and_verified_offline(nation: Nation, tmp_path: Path) -> None:
    log, folder = nation.services.logs[LogName.TRUST], LogFolder(tmp_path / "log")
    nation.listed()
    export(log, folder)
    earlier = folder("checkpoint")
    nation.listed("http://west.id.localhost:8002")
    export(log, folder)

    def opened(note: bytes | None) -> Checkpoint:
        assert note is not None
        return open_checkpoint(note.decode(), ORIGIN, log.keys, verify_ed25519).checkpoint

    newest = opened(folder("checkpoint"))
    parts = [examine(folder, part, newest.size) for part in parts_of(newest.size, 1)]

    found = verify(folder, newest, parts, opened(earlier))

    assert found.checkpoint.size == log.size()
    assert json.loads(log.entries(0, 1)[0])["log_seq"] == 0


def test_entities_and_marks_that_are_entered_by_hand_are_entries(nation: Nation) -> None:
    """Also what the hub signs about somebody who is not on the list of regions is known to everybody."""
    from idp.federation.roll import Delegation, HeldMark, MarkType, Subordinate, SubordinateState

    store, now = nation.services.stores.federation_entities, nation.clock.now()
    entity, kind, issuer = "https://partner.example", "https://hub.example/marks/good", nation.settings.issuer
    active, suspended = SubordinateState.ACTIVE, SubordinateState.SUSPENDED
    before = checkpoint(nation).size

    store.put(Subordinate(entity, ("openid_relying_party",), {"keys": []}, now, now, metadata={"x": 1.5}))
    store.move(entity, (active,), suspended, now=now)
    store.move(entity, (active,), suspended, now=now)
    store.put_mark_type(MarkType(kind, (issuer,)))
    store.put_delegation(Delegation(kind, issuer, "a leave", now))
    store.add_mark(HeldMark("a mark", "kid", issuer, kind, entity, now, now))
    store.revoke_marks(issuer, kind, entity, "review", now=now)
    store.revoke_marks(issuer, kind, entity, "review", now=now)

    made = [(entry["action"], entry["subject"]) for entry in entries(nation)[before:]]
    assert made == [
        ("enrol", entity),
        ("entity-suspended", entity),
        ("mark-type", kind),
        ("mark-delegation", kind),
        ("mark", entity),
        ("mark-revoke", entity),
    ]


def test_what_witnesses_signed_under_the_head_goes_out_with_it(nation: Nation) -> None:
    log, store = nation.services.logs[LogName.TRUST], nation.services.stores.witnessed_logs
    one, now = witness(), nation.clock.now()
    nation.hub.change(SetWitnesses(1, (ListedWitness(str(one.key), "http://east.example/witness"),)), now=now)
    signed = log.signed_head()
    note = signed.note.with_signatures([cosign(signed.note.text, one, now=now)])
    assert store.keep(LogName.TRUST, Cosigned(signed.checkpoint.size, str(note), now))

    nation.clock.advance(seconds=2)
    shown = nation.get("/log/trust/checkpoint").text

    assert shown == str(note)
    nation.hub.change(SetWitnesses(0, ()), now=now)
    nation.clock.advance(seconds=2)
    assert one.key.name not in nation.get("/log/trust/checkpoint").text, "it stood by another head"
