"""Attacks on the hub's log and its witnesses: another list for some, a rewritten past, cosignatures that are none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.test import Client as HttpClient
from werkzeug.test import TestResponse

from idp.adapters.note_keys import note_signer
from idp.foundation.event_search import EventFilter
from idp.foundation.events import EventKind
from idp.oidc.keys import KeyPurpose
from idp.storage.generations import Remembered, advance
from idp.storage.schema import trust_bundles
from idp.storage.statement import Statement
from idp.transparency import checkpoint as checkpoints
from idp.transparency.checkpoint import Checkpoint
from idp.transparency.leaves import LogName
from idp.transparency.note import NoteKey, SignatureType
from idp.transparency.witness import AddCheckpoint
from idp.trustlist.bundle import content_hash
from idp.trustlist.snapshot import Distrust, NotTrusted
from idp.wiring.following.trust import HeldTrust
from tests.support.clock import FakeClock
from tests.support.followed_hub import (
    BUNDLE,
    Reply,
    followed_by,
    pull,
    refusal,
    region_that_follows,
    serving,
)
from tests.support.hub import build_nation, hub_settings
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider
from tests.support.witnessed_hub import WitnessedHub, entry_about
from tests.support.witnesses import Signer, SmallLog
from tests.verifier.nation import EAST, WEST

MINUTE = timedelta(minutes=1)
NEW = "https://new.example"
Lie = Callable[[WitnessedHub, FakeClock], object]


@pytest.fixture
def hub(clock: FakeClock) -> Iterator[WitnessedHub]:
    with serving() as found:
        built = WitnessedHub(found)
        built.publish(clock.now())
        yield built


@pytest.fixture
def region(
    hub: WitnessedHub, tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Provider]:
    memory = tmp_path / "memory.json"
    with region_that_follows(
        hub.hub, tmp_path, sqlite_template, clock, leak_guard, pins=hub.named, witness_memory_file=memory
    ) as built:
        yield built


def held(region: Provider) -> int:
    bundle = region.services.trust().bundle
    return 0 if bundle is None else bundle.seq


def alarms(region: Provider, kind: EventKind = EventKind.TRUST_BUNDLE_CONTRADICTED) -> int:
    return len(region.services.stores.event_search.page(EventFilter(kind=kind), None, 10))


def gives(hub: WitnessedHub) -> dict[str, Any]:
    """Something that gives trust, so that witnesses are needed."""
    name = {"en": "Another name"}
    return {"regions": [hub.hub.nation.region(EAST, name=name), hub.hub.nation.region(WEST)]}


# What gives trust, without what has to stand by it


def cosigned_by_one(hub: WitnessedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), hub.witnesses[0], **gives(hub))


def cosigned_by_one_twice(hub: WitnessedHub, clock: FakeClock) -> None:
    content = hub.publish(clock.now(), hub.witnesses[0], **gives(hub))
    signed = hub.cosigned(hub.witnesses[:1], clock.now())
    more = hub.cosigned(hub.witnesses[:1], clock.now() - MINUTE).note.signatures[1:]
    signed = replace(signed, note=signed.note.with_signatures(more))
    hub.serve(content, clock.now(), hub.place(len(hub.log.entries) - 1, signed))


def cosigned_by_one_under_two_names(hub: WitnessedHub, clock: FakeClock) -> None:
    alias = Signer("alias.example/witness", SignatureType.COSIGNATURE)
    alias._private = hub.witnesses[0]._private
    alias.key = NoteKey("alias.example/witness", SignatureType.COSIGNATURE, hub.witnesses[0].key.public)
    hub.publish(clock.now(), hub.witnesses[0], alias, **gives(hub))


def cosigned_long_ago(hub: WitnessedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), cosigned_at=clock.now() - 11 * MINUTE, **gives(hub))


def cosigned_in_time_to_come(hub: WitnessedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), cosigned_at=clock.now() + 2 * MINUTE, **gives(hub))


def cosigned_by_strangers(hub: WitnessedHub, clock: FakeClock) -> None:
    strangers = [Signer(one.key.name, SignatureType.COSIGNATURE) for one in hub.witnesses]
    hub.publish(clock.now(), *strangers, **gives(hub))


def cosigned_by_witnesses_it_names_itself(hub: WitnessedHub, clock: FakeClock) -> None:
    own = [Signer(f"own{number}.example/witness", SignatureType.COSIGNATURE) for number in range(3)]
    named = {"quorum": 2, "keys": [str(one.key) for one in own]}
    hub.publish(clock.now(), *own, witnesses=named)


def without_witnesses_by_its_own_word(hub: WitnessedHub, clock: FakeClock) -> None:
    stranger = Signer("stranger.example/witness", SignatureType.COSIGNATURE)
    hub.publish(clock.now(), stranger, witnesses={"quorum": 0, "keys": []})


def in_no_log(hub: WitnessedHub, clock: FakeClock) -> None:
    hub.serve(hub.publish(clock.now(), **gives(hub)), clock.now(), None)


def with_the_proof_of_another_entry(hub: WitnessedHub, clock: FakeClock) -> None:
    """The log of the cosigned head has the content before, and not this one."""
    content = hub.publish(clock.now(), **gives(hub))
    index = len(hub.log.entries) - 1
    signed = hub.cosigned(hub.witnesses, clock.now(), size=index)
    place = {**hub.place(index - 1, signed), "entry": entry_about(content, index - 1).decode()}
    hub.serve(content, clock.now(), place)


def with_the_entry_of_another_content(hub: WitnessedHub, clock: FakeClock) -> None:
    content = hub.publish(clock.now(), **gives(hub))
    signed = hub.cosigned(hub.witnesses, clock.now())
    hub.serve(content, clock.now(), hub.place(len(hub.log.entries) - 2, signed))


def with_another_size(hub: WitnessedHub, clock: FakeClock) -> None:
    content = hub.publish(clock.now(), **gives(hub))
    index = len(hub.log.entries) - 1
    shorter = hub.place(index, hub.cosigned(hub.witnesses, clock.now()))
    hub.log.entries.append(b"one more")
    signed = hub.cosigned(hub.witnesses, clock.now())
    hub.serve(content, clock.now(), {**shorter, "checkpoint": str(signed)})


def with_a_log_of_somebody_else(hub: WitnessedHub, clock: FakeClock) -> None:
    content = hub.publish(clock.now(), **gives(hub))
    other = WitnessedHub(hub.hub, witnesses=hub.witnesses)
    other.log.entries = hub.log.entries
    signed = other.cosigned(hub.witnesses, clock.now())
    hub.serve(content, clock.now(), hub.place(len(hub.log.entries) - 1, signed))


@pytest.mark.parametrize(
    "lie",
    [
        cosigned_by_one,
        cosigned_by_one_twice,
        cosigned_by_one_under_two_names,
        cosigned_long_ago,
        cosigned_in_time_to_come,
        cosigned_by_strangers,
        cosigned_by_witnesses_it_names_itself,
        without_witnesses_by_its_own_word,
        in_no_log,
        with_the_proof_of_another_entry,
        with_the_entry_of_another_content,
        with_another_size,
        with_a_log_of_somebody_else,
    ],
)
def test_what_gives_trust_counts_only_with_its_witnesses(
    lie: Lie, hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """Whoever has the hub's key still needs as many witnesses as the regions demand."""
    pull(region)
    before = held(region)
    clock.advance(seconds=30)

    lie(hub, clock)
    pull(region)

    assert held(region) == before
    hub.publish(clock.now(), *hub.witnesses[1:])
    pull(region)
    assert held(region) > before, "the honest one is taken"


def test_the_first_bundle_needs_the_witnesses_that_were_brought_with_the_keys(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    hub.hub.contents.clear()
    hub.publish(clock.now(), hub.witnesses[0])

    pull(region)

    assert held(region) == 0


# A past that is told in two ways


def test_two_heads_of_one_size_are_an_alarm(hub: WitnessedHub, region: Provider, clock: FakeClock) -> None:
    """Somebody shows this region another log than the rest, even cosigned by all whom it could win over."""
    pull(region)
    clock.advance(minutes=1)
    content = hub.hub.newest
    hub.log.entries[0] = b"another beginning"
    signed = hub.cosigned(hub.witnesses, clock.now())

    hub.serve(content, clock.now(), hub.place(len(hub.log.entries) - 1, signed))
    pull(region)

    assert alarms(region) == 1


def test_a_log_that_became_shorter_is_an_alarm(hub: WitnessedHub, region: Provider, clock: FakeClock) -> None:
    pull(region)
    clock.advance(minutes=1)
    hub.log.entries = []
    content = hub.publish(clock.now())

    assert content["seq"] > held(region)
    pull(region)

    assert alarms(region) == 1
    assert held(region) < content["seq"]


def test_two_contents_of_one_number_are_an_alarm_whoever_stands_by_them(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    pull(region)
    clock.advance(minutes=1)

    hub.publish(clock.now(), seq=held(region), lineage={}, **gives(hub))
    pull(region)

    assert alarms(region) == 1


# What only takes trust away


def test_a_removal_counts_without_any_witness(hub: WitnessedHub, region: Provider, clock: FakeClock) -> None:
    """Whoever silences the witnesses must not keep a stolen region in trust."""
    pull(region)
    clock.advance(seconds=30)
    stranger = Signer("stranger.example/witness", SignatureType.COSIGNATURE)

    hub.publish(
        clock.now(),
        stranger,
        regions=[hub.hub.nation.region(EAST, status="removed", op_metadata={}, rp_metadata={})],
    )
    pull(region)

    assert refusal(region, EAST) is Distrust.REMOVED


@pytest.mark.parametrize(
    "more",
    [
        lambda hub: {
            "revoked": [],
            "freshness": {**hub.hub.newest["freshness"], "urn:tongxing:acr:3": 86_400},
        },
        lambda hub: {"bundle_jwks": {"keys": [*hub.hub.nation.pinned["keys"], other_key()]}},
        lambda hub: {"anchor_jwks": {"keys": [other_key()]}},
        lambda hub: {"regions": [hub.hub.nation.region(EAST), with_a_key(hub, WEST)]},
        lambda hub: {"witnesses": {**hub.named["witnesses"], "quorum": 1}},
        lambda hub: {"log_keys": [*hub.named["log_keys"], str(Signer(hub.log.signer.key.name).key)]},
    ],
    ids=["freshness", "a key of the hub", "an anchor", "a key of a region", "a smaller quorum", "a log key"],
)
def test_nothing_is_smuggled_in_with_a_removal(
    more: Callable[[WitnessedHub], dict[str, Any]], hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    pull(region)
    before = held(region)
    clock.advance(seconds=30)
    suspended = hub.hub.nation.region(EAST, status="suspended", reason="review")
    changes = more(hub)
    rest = [one for one in changes.pop("regions", [hub.hub.nation.region(WEST)]) if one["op"] == WEST]

    hub.publish(clock.now(), hub.witnesses[0], regions=[suspended, *rest], **changes)
    pull(region)

    assert held(region) == before


def test_small_removals_do_not_keep_a_bundle_young(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """A thief of the hub's key takes something away every few minutes, and shows nobody what was really decided."""
    pull(region)
    stranger = Signer("stranger.example/witness", SignatureType.COSIGNATURE)
    for number in range(4):
        clock.advance(minutes=5)
        gone = [
            {"issuer": EAST, "kid": f"key {at}", "at": int(clock.now().timestamp()), "reason": "superseded"}
            for at in range(number + 1)
        ]
        revoked = [*hub.hub.newest["revoked"], gone[-1]]
        hub.publish(clock.now(), stranger, revoked=revoked)
        pull(region)

    assert held(region) == hub.hub.newest["seq"]
    assert region.services.trust().age(now=clock.now()) >= timedelta(minutes=15)


@pytest.mark.parametrize("where", ["the list", "a region", "a region that goes"])
def test_nothing_that_we_do_not_know_is_smuggled_in_with_a_removal(
    where: str, hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """It may mean trust, to another release or to a mini-app that reads the bundle."""
    pull(region)
    before = held(region)
    clock.advance(seconds=30)
    more = {"delegates": ["somebody"]}
    gone = hub.hub.nation.region(EAST, status="suspended", reason="review")
    gone = {**gone, **(more if where == "a region that goes" else {})}
    rest = {**hub.hub.nation.region(WEST), **(more if where == "a region" else {})}

    hub.publish(clock.now(), stranger(), regions=[gone, rest], **(more if where == "the list" else {}))
    pull(region)

    assert held(region) == before


def test_a_region_that_missed_something_obeys_a_removal_all_the_same(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """Whoever silences the witnesses must not keep a stolen region in trust where the change before was missed."""
    pull(region)
    before = held(region)
    missed = [hub.hub.nation.region(EAST), with_a_key(hub, WEST)]
    clock.advance(seconds=10)
    hub.publish(clock.now(), regions=missed)
    clock.advance(seconds=10)

    hub.publish(clock.now(), stranger(), regions=[removed(hub, EAST), missed[1]])
    pull(region)

    assert held(region) == before
    assert refusal(region, EAST) is Distrust.REMOVED
    assert refusal(region, WEST) is None
    with pytest.raises(NotTrusted, match="removed"):  # so does another process, and one that begins later
        beginning(hub, region)().require_acr(EAST, None, now=clock.now())
    clock.advance(seconds=10)
    hub.publish(clock.now(), stranger(), regions=missed)
    pull(region)
    assert refusal(region, EAST) is Distrust.REMOVED, "nobody stands by what takes it back"
    clock.advance(seconds=10)
    hub.publish(clock.now(), regions=missed)
    pull(region)
    assert held(region) == hub.hub.newest["seq"]
    assert refusal(region, EAST) is None


def test_of_what_is_not_admitted_revoked_keys_and_lower_ceilings_count_and_nothing_else(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    pull(region)
    nation = hub.hub.nation
    kid = nation.keys[EAST].thumbprint()
    at = int(clock.now().timestamp())
    clock.advance(seconds=10)

    hub.publish(
        clock.now(),
        stranger(),
        regions=[
            nation.region(EAST),
            {**with_a_key(hub, WEST), "acr_ceiling": "urn:tongxing:acr:1"},
            of_another_name(nation.region(EAST), NEW),
        ],
        revoked=[{"issuer": EAST, "kid": kid, "at": at, "reason": "compromised"}],
    )
    pull(region)

    now, snapshot = clock.now(), region.services.trust()
    with pytest.raises(NotTrusted) as found:
        snapshot.provider(EAST, now=now)
    assert found.value.why is Distrust.KEY_REVOKED
    assert refusal(region, WEST, "urn:tongxing:acr:2") is Distrust.ABOVE_CEILING
    assert len(snapshot.provider(WEST, now=now)["jwks"]["keys"]) == 1
    assert refusal(region, NEW) is Distrust.UNKNOWN
    assert [one.content_hash for one in (snapshot.bundle,) if one] == [content_hash(hub.hub.contents[0])]


def test_a_removal_is_obeyed_again_after_a_mirror_brought_what_was_missed(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """In the same round: what is admitted ends what was obeyed, so whoever was refused is asked again."""
    pull(region)
    missed = [hub.hub.nation.region(EAST), with_a_key(hub, WEST)]
    clock.advance(seconds=10)
    hub.publish(clock.now(), regions=missed)
    mirrored = hub.hub.replies[BUNDLE].body
    clock.advance(seconds=10)
    hub.publish(clock.now(), stranger(), regions=[removed(hub, EAST), missed[1]])
    puller = followed_by(region).puller
    hub.hub.replies["/mirror"] = Reply(mirrored)
    sources = puller._sources
    puller._sources = replace(sources, mirrors=(f"{hub.hub.address}/mirror",))

    pull(region)

    assert refusal(region, EAST) is Distrust.REMOVED
    assert held(region) == hub.hub.newest["seq"], "compared with what the mirror had, it only takes away"


def test_a_slower_process_puts_nothing_in_the_place_of_what_it_did_not_judge(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """A thief's bundle that was compared with the one before the removal, and is ready after it."""
    pull(region)
    first = dict(hub.hub.newest)
    clock.advance(seconds=30)
    hub.publish(clock.now(), stranger(), seq=200, lineage={"199": "A" * 43})
    forged = hub.hub.replies[BUNDLE].body
    hub.hub.contents.pop()
    hub.hub.serve_lineage(1, {1: content_hash(first)}, clock.now())
    puller = followed_by(region).puller
    source, fetch = puller._sources.addresses[0], puller._fetch_lineage

    def fetch_slowly(address: str, seq: int) -> str:
        puller._fetch_lineage = fetch  # type: ignore[method-assign]
        hub.publish(clock.now(), regions=[removed(hub, EAST), hub.hub.nation.region(WEST)])
        puller._admit(address, hub.hub.replies[BUNDLE].body)
        return fetch(address, seq)

    puller._fetch_lineage = fetch_slowly  # type: ignore[method-assign]
    puller._admit(source, forged)

    assert refusal(region, EAST) is Distrust.REMOVED
    assert held(region) == hub.hub.newest["seq"]


# A log that is left out


@pytest.mark.parametrize("is_first", [True, False], ids=["the first bundle", "a later one"])
def test_without_witnesses_a_bundle_is_still_in_the_log_whose_key_is_known(
    is_first: bool, tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> None:
    """A thief of the bundle key alone leaves the log out, and nobody would see what was shown to whom."""
    with serving() as found:
        hub = WitnessedHub(found, quorum=0, witnesses=[])
        content = hub.publish(clock.now())
        pins = hub.named if is_first else {}
        with region_that_follows(found, tmp_path, sqlite_template, clock, leak_guard, pins=pins) as region:
            if not is_first:
                pull(region)
                forget_the_head(region)
                clock.advance(seconds=30)
                content = hub.publish(clock.now(), **gives(hub))
            before = held(region)
            hub.serve(content, clock.now(), None)

            pull(region)
            assert held(region) == before
            hub.publish(clock.now())
            pull(region)

            assert held(region) == hub.hub.newest["seq"], "the honest one is taken"


# A witness that forgets, or is lied to


def test_a_witness_restored_from_a_backup_does_not_cosign_another_past(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """Its database has forgotten what it cosigned since; its memory file, which no backup brings back, has not."""
    pull(region)
    log, desk = hub.log, region.services.stores.witness_heads
    assert ask(region, log, 0, 2).status_code == 200
    backup = desk.find(log.signer.key.name)
    log.entries += [b"a", b"b"]
    assert ask(region, log, 2, 4).status_code == 200
    restore(region, log.signer.key.name, backup)
    forked = SmallLog(log.signer, [*log.entries[:2], b"another", b"past"])

    answers = [ask(region, forked, 2, 4), ask(region, forked, 2, 3)]

    assert [one.status_code for one in answers] == [409, 409]
    assert ask(region, log, 4, 4).status_code == 200


def test_a_witness_that_lost_its_memory_cosigns_nothing(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    pull(region)
    assert ask(region, hub.log, 0, 2).status_code == 200
    memory = region.settings.witness_memory_file
    assert memory is not None
    memory.unlink()

    assert ask(region, hub.log, 2, 2).status_code == 503
    assert region.services.witness is not None
    region.services.witness.resume()
    assert ask(region, hub.log, 2, 2).status_code == 200


def test_a_log_that_shows_a_witness_another_head_is_an_alarm(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """Split view: with the bundle came one head, and the witness is asked to cosign another of the same size."""
    pull(region)
    forked = SmallLog(hub.log.signer, [b"another beginning", *hub.log.entries[1:]])

    answer = ask(region, forked, 0, 2)

    assert answer.status_code == 409
    assert alarms(region, EventKind.LOG_CONTRADICTED) == 1


def test_an_alarm_is_told_once_however_often_somebody_asks(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    pull(region)
    forked = SmallLog(hub.log.signer, [b"another beginning", *hub.log.entries[1:]])

    answers = {ask(region, forked, 0, 2).status_code for _ in range(5)}

    assert answers == {409}
    assert alarms(region, EventKind.LOG_CONTRADICTED) == 1


def test_a_request_that_is_sent_again_waits_for_nobody(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    """Whoever saw one may send it as often as they like: within a second it costs a look, and no lock."""
    pull(region)
    first = ask(region, hub.log, 0, 2)
    memory = region.settings.witness_memory_file
    assert memory is not None
    memory.unlink()

    again = ask(region, hub.log, 0, 2)
    clock.advance(seconds=1)

    assert (again.status_code, again.text) == (200, first.text)
    assert ask(region, hub.log, 0, 2).status_code == 503


def test_one_signature_many_times_is_refused_unread(hub: WitnessedHub, region: Provider) -> None:
    pull(region)
    note = str(hub.log.checkpoint(2))
    line = note.rpartition("\n\n")[2]
    client = HttpClient(region.app, use_cookies=False)

    answer = client.post(
        "/witness/add-checkpoint",
        data=f"old 0\n\n{note}{line * 200}".encode(),
        base_url=region.settings.issuer,
    )

    assert answer.status_code == 400


def test_of_two_heads_after_the_same_one_a_witness_cosigns_one(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    pull(region)
    ask(region, hub.log, 0, 2)
    one = SmallLog(hub.log.signer, [*hub.log.entries, b"one"])
    other = SmallLog(hub.log.signer, [*hub.log.entries, b"other"])

    answers = [ask(region, one, 2, 3), ask(region, other, 2, 3), ask(region, other, 3, 3)]

    assert [answer.status_code for answer in answers] == [200, 409, 409]


def test_a_witness_cosigns_only_what_it_was_told_to_watch(hub: WitnessedHub, region: Provider) -> None:
    pull(region)
    stranger = SmallLog(Signer("stranger.example/log/trust"), [b"one"])
    impostor = SmallLog(Signer(hub.log.signer.key.name), list(hub.log.entries))

    assert ask(region, stranger, 0, 1).status_code == 404
    assert ask(region, impostor, 0, 2).status_code == 403


def test_a_hub_hears_of_a_head_that_its_log_never_had(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock
) -> None:
    """Somebody has its key for the log, and shows a region another one: the region's report tells."""
    nation = build_nation(
        hub_settings(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'hub.db')}"), clock
    )
    east = nation.listed()
    log = nation.services.logs[LogName.TRUST]
    signer = note_signer(nation.services.keyrings[KeyPurpose.LOG], log.origin, SignatureType.ED25519)
    forged = checkpoints.sign(Checkpoint(log.origin, 2, bytes(32)), signer)
    alarm, search = EventFilter(kind=EventKind.LOG_CONTRADICTED), nation.services.stores.event_search

    nation.send("POST", "/trust/seen", data=east.report(1, jti="true", checkpoint=str(log.signed_head())))
    was_quiet = not search.page(alarm, None, 10)
    clock.advance(seconds=1)
    nation.send("POST", "/trust/seen", data=east.report(1, jti="forged", checkpoint=str(forged)))

    assert was_quiet
    assert len(search.page(alarm, None, 10)) == 1
    nation.services.close()


# Whoever pushes


def test_a_forged_hint_brings_nothing_but_a_question(
    hub: WitnessedHub, region: Provider, clock: FakeClock
) -> None:
    pull(region)
    before, asked = held(region), hub.hub.bundles_asked()
    client = HttpClient(region.app, use_cookies=False)

    client.post("/trust/hint", json={"seq": 10**9}, base_url=region.settings.issuer)
    pull(region)

    assert held(region) == before
    assert hub.hub.bundles_asked() == asked + 1
    assert hub.hub.asked[-1][0] == BUNDLE


def ask(region: Provider, log: SmallLog, old: int, new: int) -> TestResponse:
    proof = log.consistency(old, new)
    body = str(AddCheckpoint(old, proof, str(log.checkpoint(new)))).encode()
    client = HttpClient(region.app, use_cookies=False)
    return client.post("/witness/add-checkpoint", data=body, base_url=region.settings.issuer, buffered=True)


def stranger() -> Signer:
    """Somebody nobody named: a bundle that they cosigned has no witness."""
    return Signer("stranger.example/witness", SignatureType.COSIGNATURE)


def removed(hub: WitnessedHub, issuer: str) -> dict[str, Any]:
    return hub.hub.nation.region(issuer, status="removed", op_metadata={}, rp_metadata={})


def of_another_name(entry: dict[str, Any], issuer: str) -> dict[str, Any]:
    metadata = {**entry["op_metadata"], "issuer": issuer}
    return {**entry, "id": f"{issuer}/fed", "op": issuer, "rp": f"{issuer}/rp", "op_metadata": metadata}


def beginning(hub: WitnessedHub, region: Provider) -> HeldTrust:
    """What a process of the region believes that begins now."""
    stores, ladder = region.services.stores, region.services.trust().ladder
    return HeldTrust(stores.trust_bundles, stores.generations, hub.hub.address, 1, ladder)


def forget_the_head(region: Provider) -> None:
    """As a row is that a release without logs wrote."""
    with region.services.database.transaction() as tx:
        tx.run(Statement(update(trust_bundles).values(log_size=None, log_root=None)))
        advance(tx, Remembered.TRUST)


def restore(region: Provider, origin: str, backup: Any) -> None:
    """As the database was when the backup was made."""
    heads = region.services.stores.witness_heads
    now = region.clock.now()
    assert heads.move(origin, heads.find(origin), backup, "as it was", now=now)


def other_key() -> dict[str, Any]:
    from tests.verifier.nation import ec_key, public

    return public(ec_key(), alg="ES256")


def with_a_key(hub: WitnessedHub, issuer: str) -> dict[str, Any]:
    region = hub.hub.nation.region(issuer)
    jwks = {"keys": [*region["op_metadata"]["jwks"]["keys"], other_key()]}
    return {**region, "op_metadata": {**region["op_metadata"], "jwks": jwks}}
