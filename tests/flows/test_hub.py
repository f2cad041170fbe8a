"""The hub, from an operator's change to the bundle that everybody reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event, Timer

import pytest
from sqlalchemy import text

from idp.adapters.egress import Answer
from idp.adapters.statement_signatures import StatementSignatures
from idp.cli import hub_work
from idp.federation import trust_chain
from idp.oidc.vocabulary import AcrLevel
from idp.storage.failures import StorageUnavailable
from idp.storage.statement import Statement
from idp.trustlist.admission import admit
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import Remove, Restore, RevokeKey, SetCeiling, Suspend
from idp.trustlist.snapshot import Distrust, NotTrusted, TrustSnapshot
from idp.wiring.following.bundle_reading import BundleReader
from idp.wiring.hub.region_visits import VisitFailed
from tests.support.federation import new_key
from tests.support.hub import ACR, HUB, Nation, payload_of

EAST = "http://east.id.localhost:8001"
WEST = "http://west.id.localhost:8002"


def test_an_empty_list_is_published_too(nation: Nation) -> None:
    claims = nation.claims()

    assert (claims["iss"], claims["seq"], claims["regions"], claims["lineage"]) == (HUB, 1, [], {})
    assert claims["exp"] - claims["iat"] == 24 * 3600


def test_a_region_is_listed_with_everything_that_others_need(nation: Nation) -> None:
    east = nation.region(EAST)

    nation.add(east)

    entry = nation.entry(east)
    assert (entry["status"], entry["acr_ceiling"], entry["name"]["zh-CN"]) == ("active", f"{ACR}3", "东区")
    assert entry["op_metadata"]["issuer"] == EAST
    (key,) = entry["op_metadata"]["jwks"]["keys"]
    assert key["kid"] == east.provider_keys[0].thumbprint()
    # Policy was applied: nothing crosses a border by RS256.
    assert entry["op_metadata"]["id_token_signing_alg_values_supported"] == ["ES256"]


def test_its_three_statements_make_chains_that_end_in_the_hub(nation: Nation) -> None:
    east = nation.listed(EAST)
    claims = nation.claims()
    entry, anchors = nation.entry(east), {HUB: claims["anchor_jwks"]}
    configuration = east.answer("/.well-known/openid-federation", {}).body.decode()

    held = trust_chain.validate(
        [configuration, entry["op_statement"], entry["statement"]],
        anchors,
        StatementSignatures(),
        now=nation.clock.now(),
    )

    resolved = held.metadata["openid_provider"]
    assert {**resolved, "jwks": 0} == {**entry["op_metadata"], "jwks": 0}
    assert payload_of(entry["statement"])["constraints"]["max_path_length"] == 1


def test_a_ceiling_is_in_the_bundle_and_in_the_policy(nation: Nation) -> None:
    east = nation.listed(EAST)

    nation.hub.change(SetCeiling(EAST, AcrLevel.TWO_FACTORS), now=nation.clock.now())
    nation.hub.regions.visit(EAST, now=nation.clock.now())

    entry = nation.entry(east)
    assert entry["acr_ceiling"] == f"{ACR}2"
    assert entry["op_metadata"]["acr_values_supported"] == [f"{ACR}1", f"{ACR}2"]


def test_a_suspended_region_loses_its_statements_at_once_and_gets_them_back(nation: Nation) -> None:
    east = nation.listed(EAST)
    now = nation.clock.now()

    nation.hub.change(Suspend(EAST, "review"), now=now)
    suspended = nation.entry(east)
    nation.hub.change(Restore(EAST), now=now)
    restored = nation.entry(east)

    assert (suspended["status"], suspended["reason"]) == ("suspended", "review")
    assert [suspended[name] for name in ("statement", "op_statement", "rp_statement")] == ["", "", ""]
    assert suspended["op_metadata"] == suspended["rp_metadata"] == {}
    assert restored["statement"]
    assert restored["op_metadata"]["jwks"]["keys"]
    assert restored["reason"] == ""


def test_every_change_descends_from_the_one_before(nation: Nation) -> None:
    """What a region does with each bundle in turn: the next is admitted, and an earlier one is not."""
    held, reader, now = None, BundleReader(StatementSignatures()), nation.clock.now()
    nation.region(EAST)
    for change in (None, Suspend(EAST, "review"), Restore(EAST), SetCeiling(EAST, AcrLevel.ONE_FACTOR)):
        if change is None:
            nation.add(nation.network.regions[EAST])
        else:
            nation.hub.change(change, now=nation.clock.now())
        nation.clock.advance(seconds=1)
        keys = nation.get("/trust/keys.json").json if held is None else held.bundle_jwks
        new = reader.bundle(nation.get("/trust/bundle").text, keys)

        assert admit(new, held, HUB, now=nation.clock.now())
        held = new
    assert held.seq == 5
    assert nation.clock.now() > now


def test_it_is_signed_again_every_minute_with_the_same_number(nation: Nation) -> None:
    nation.listed(EAST)
    before = nation.claims()
    nation.clock.advance(seconds=30)
    nation.hub.publish(now=nation.clock.now())
    half_way = nation.claims()
    nation.clock.advance(seconds=31)

    nation.hub.publish(now=nation.clock.now())

    after = nation.claims()
    assert half_way["iat"] == before["iat"]
    assert after["iat"] > before["iat"]
    assert after["seq"] == before["seq"]
    assert {**after, "iat": 0, "exp": 0, "next_update": 0} == {**before, "iat": 0, "exp": 0, "next_update": 0}


def test_two_machines_whose_clocks_differ_do_not_take_turns_in_going_back(nation: Nation) -> None:
    before = nation.claims()

    nation.hub.publish(now=nation.clock.now() - timedelta(seconds=20))

    assert nation.claims()["iat"] == before["iat"]
    nation.hub.publish(now=nation.clock.now() - timedelta(hours=1))
    assert nation.claims()["iat"] < before["iat"], "a clock that was an hour ahead is forgotten"


def test_who_has_the_newest_is_told_so_in_a_few_bytes(nation: Nation) -> None:
    first = nation.get("/trust/bundle")

    second = nation.get("/trust/bundle", **{"If-None-Match": first.headers["ETag"]})

    assert (second.status_code, second.data) == (304, b"")
    assert not first.headers["ETag"].startswith("W/")
    assert first.headers["Content-Type"] == "application/trust-bundle+jwt"


def test_a_number_grows_only_with_the_content(nation: Nation) -> None:
    """A day with a region that says the same all the time: its statements were taken anew, and little else."""
    east = nation.listed(EAST)
    for _ in range(24):
        nation.clock.advance(hours=1)
        nation.hub.regions.visit_due(now=nation.clock.now())
        nation.hub.publish(now=nation.clock.now())

    assert nation.claims()["seq"] <= 8
    assert payload_of(nation.entry(east)["op_statement"])["exp"] > nation.clock.now().timestamp()
    assert payload_of(nation.entry(east)["statement"])["exp"] > nation.clock.now().timestamp() + 3600


def test_new_provider_keys_flow_in_by_themselves(nation: Nation) -> None:
    east = nation.listed(EAST)
    new = east.provider_keys[:]
    east.provider_keys.append(type(new[0]).generate_key("P-256"))
    nation.clock.advance(minutes=2)

    nation.hub.regions.visit_due(now=nation.clock.now())

    kids = [key["kid"] for key in nation.entry(east)["op_metadata"]["jwks"]["keys"]]
    assert kids == [key.thumbprint() for key in east.provider_keys]


def test_a_federation_key_that_the_present_one_announces_takes_over(nation: Nation) -> None:
    east = nation.listed(EAST)
    old, new = east.thumbprints[0], east.announce().thumbprint()

    nation.hub.regions.visit(EAST, now=nation.clock.now())
    both = [key["kid"] for key in payload_of(nation.entry(east)["statement"])["jwks"]["keys"]]
    east.change_keys()
    nation.clock.advance(minutes=2)
    nation.hub.regions.visit(EAST, now=nation.clock.now())

    assert sorted(both) == sorted([old, new])
    assert [key["kid"] for key in payload_of(nation.entry(east)["statement"])["jwks"]["keys"]] == [new]


def test_it_does_not_matter_which_process_of_a_region_answers(nation: Nation) -> None:
    """Each signs its configuration when it is first asked, so one has an older one than another."""
    east = nation.listed()
    older = east.answer("/fed/.well-known/openid-federation", {})
    nation.clock.advance(minutes=5)
    nation.hub.regions.visit(east.op, now=nation.clock.now())
    east.instead = {"/fed/.well-known/openid-federation": lambda: older}
    east.provider_keys.append(new_key())

    assert nation.hub.regions.visit(east.op, now=nation.clock.now())
    assert nation.hub.faults() == {}


def test_a_region_that_is_away_keeps_what_is_known_of_it_until_its_statements_end(nation: Nation) -> None:
    east = nation.listed(EAST)
    east.is_away = True
    nation.clock.advance(hours=20)
    nation.hub.regions.visit_due(now=nation.clock.now())
    nation.hub.publish(now=nation.clock.now())
    kept = nation.entry(east)
    nation.clock.advance(hours=5)
    nation.hub.publish(now=nation.clock.now())

    silent = nation.entry(east)

    assert kept["op_statement"]
    assert kept["op_metadata"]["jwks"]["keys"]
    assert (silent["status"], silent["op_statement"]) == ("active", "")
    assert silent["op_metadata"] == {"issuer": EAST, "jwks": {"keys": []}}
    assert {op: str(fault) for op, fault in nation.hub.faults().items()} == {
        EAST: f"{EAST}/fed/.well-known/openid-federation could not be fetched (unreachable: nobody there)."
    }


def test_a_region_that_comes_back_is_itself_again_by_the_next_visit(nation: Nation) -> None:
    east = nation.listed(EAST)
    east.is_away = True
    nation.clock.advance(hours=30)
    nation.hub.publish(now=nation.clock.now())
    east.is_away = False

    nation.hub.regions.visit_due(now=nation.clock.now())

    assert nation.entry(east)["op_metadata"]["jwks"]["keys"]
    assert nation.hub.faults() == {}


def test_a_visit_is_made_once_a_minute_whoever_asks(nation: Nation) -> None:
    nation.listed(EAST)
    nation.clock.advance(minutes=2)
    nation.network.asked.clear()

    nation.hub.regions.visit_due(now=nation.clock.now())
    asked = len(nation.network.asked)
    nation.hub.regions.visit_due(now=nation.clock.now())

    assert asked == len(nation.network.asked) == 5


def test_every_active_region_is_told_after_a_change(nation: Nation) -> None:
    nation.listed(EAST)
    nation.listed(WEST)
    nation.network.asked.clear()

    published = nation.hub.change(Suspend(EAST, "operator_request"), now=nation.clock.now())
    nation.hub.finish_hints(nation.settings.trust_poll)

    assert nation.network.asked == [(f"{WEST}/trust/hint", b'{"seq": %d}' % published.seq)]


def test_hints_of_an_earlier_change_are_waited_for_too(nation: Nation) -> None:
    """A command that changes the list twice does not end while the first hint is on its way."""
    east, let_go, heard = nation.listed(EAST), Event(), []
    slowly = iter([True, False])

    def hear() -> Answer:
        if is_first := next(slowly):
            let_go.wait(60)
        heard.append(is_first)
        return Answer(200, {"content-type": "application/json"}, b"{}")

    east.instead = {"/trust/hint": hear}
    for ceiling in (AcrLevel.ONE_FACTOR, AcrLevel.TWO_FACTORS):
        nation.hub.change(SetCeiling(EAST, ceiling), now=nation.clock.now())
    Timer(0.2, let_go.set).start()

    nation.hub.finish_hints(timedelta(minutes=1))

    assert sorted(heard) == [False, True]


def test_a_region_that_does_not_answer_spoils_no_change(nation: Nation) -> None:
    east = nation.listed(EAST)
    east.is_away = True

    nation.hub.change(SetCeiling(EAST, AcrLevel.ONE_FACTOR), now=nation.clock.now())
    nation.hub.finish_hints(nation.settings.trust_poll)

    assert nation.entry(east)["acr_ceiling"] == f"{ACR}1"


def test_a_revoked_key_is_in_the_bundle_and_signs_nothing(nation: Nation) -> None:
    east = nation.listed(EAST)
    kid = east.provider_keys[0].thumbprint()

    nation.hub.change(RevokeKey(EAST, kid, "compromised"), now=nation.clock.now())

    claims = nation.claims()
    assert [(one["issuer"], one["kid"]) for one in claims["revoked"]] == [(EAST, kid)]
    with pytest.raises(NotTrusted) as refused:
        nation.services.trust().provider(EAST, now=nation.clock.now())
    assert refused.value.why is Distrust.KEY_REVOKED


def test_whoever_was_away_for_long_learns_what_came_between(nation: Nation) -> None:
    reader = BundleReader(StatementSignatures())
    nation.listed(EAST)
    held = reader.bundle(_served(nation), nation.get("/trust/keys.json").json)
    for level in [1, 2] * 40:
        nation.hub.change(SetCeiling(EAST, AcrLevel(level)), now=nation.clock.now())
    new = reader.bundle(_served(nation), held.bundle_jwks)
    answer = nation.get(f"/trust/lineage?from={held.seq}")

    lineage = reader.lineage(answer.text, new.bundle_jwks)

    assert held.seq not in new.lineage
    assert len(new.lineage) == 64
    assert admit(new, held, HUB, now=nation.clock.now(), lineage=lineage)
    assert answer.headers["Content-Type"] == "application/trust-lineage+jwt"


@pytest.mark.parametrize(
    ("query", "status"), [("from=9999", 404), ("from=0", 404), ("from=x", 400), ("", 400)]
)
def test_a_lineage_from_nowhere_is_none(nation: Nation, query: str, status: int) -> None:
    assert nation.get(f"/trust/lineage?{query}").status_code == status


def test_the_lag_of_a_region_is_how_long_something_newer_has_been_out(nation: Nation) -> None:
    east, west = nation.listed(EAST), nation.listed(WEST)
    seq = nation.claims()["seq"]
    assert nation.send("POST", "/trust/seen", data=east.report(seq)).json == {"seq": seq}
    nation.hub.change(SetCeiling(WEST, AcrLevel.ONE_FACTOR), now=nation.clock.now())
    nation.clock.advance(seconds=40)
    nation.hub.change(SetCeiling(WEST, AcrLevel.TWO_FACTORS), now=nation.clock.now())

    lines = {line.op: line for line in nation.hub.overview(nation.clock.now())}

    assert lines[EAST].honoured_seq == seq
    assert lines[EAST].lag is not None
    assert lines[EAST].lag.total_seconds() == 40
    assert (lines[WEST].honoured_seq, lines[WEST].lag) == (None, None)
    assert lines[WEST].state is RegionStatus.ACTIVE
    assert west.op == WEST


def test_a_region_that_honours_the_newest_has_no_lag(nation: Nation) -> None:
    east = nation.listed(EAST)
    nation.send("POST", "/trust/seen", data=east.report(nation.claims()["seq"]))
    nation.clock.advance(hours=1)

    (line,) = nation.hub.overview(nation.clock.now())

    assert line.lag is not None
    assert line.lag.total_seconds() == 0


def test_a_removed_region_stays_on_the_list_as_removed(nation: Nation) -> None:
    east = nation.listed(EAST)

    nation.hub.change(Remove(EAST, "key_compromise"), now=nation.clock.now())

    entry = nation.entry(east)
    assert (entry["status"], entry["reason"], entry["statement"]) == ("removed", "key_compromise", "")
    with pytest.raises(NotTrusted):
        nation.services.trust().region(EAST, now=nation.clock.now())


def test_the_hub_trusts_by_its_own_bundle(nation: Nation) -> None:
    nation.listed(EAST, ceiling=2)
    nation.clock.advance(seconds=1)

    snapshot = nation.services.trust()

    assert isinstance(snapshot, TrustSnapshot)
    assert snapshot.strongest(EAST, now=nation.clock.now()) == f"{ACR}2"


def test_a_planned_change_of_the_hubs_own_keys_is_followed_from_bundle_to_bundle(nation: Nation) -> None:
    """The next key is listed long before it signs; who follows never meets one it does not know."""
    reader = BundleReader(StatementSignatures())
    east = nation.listed(EAST)
    held = reader.bundle(_served(nation), nation.get("/trust/keys.json").json)
    signers = set()
    for keyring in nation.services.keyrings.values():
        keyring.rotate()
    for _ in range(60):
        nation.clock.advance(hours=1)
        nation.hub.regions.visit_due(now=nation.clock.now())
        nation.hub.publish(now=nation.clock.now())
        compact = _served(nation)

        new = reader.bundle(compact, held.bundle_jwks)

        assert admit(new, held, HUB, now=nation.clock.now())
        signers.add(_kid(compact))
        _require_chain(nation, east, new.anchor_jwks)
        held = new
    assert len(signers) == 2
    assert {key["kid"] for key in held.bundle_jwks["keys"]}.isdisjoint(signers - {_kid(_served(nation))})


def test_after_the_theft_of_its_keys_the_hub_signs_with_others_at_once(nation: Nation) -> None:
    east = nation.listed(EAST)
    for keyring in nation.services.keyrings.values():
        (stolen,) = [key.kid for key in keyring.view().records]
        keyring.revoke(stolen)
        nation.hub.publish(now=nation.clock.now())

        claims = nation.claims()
        listed = [key["kid"] for name in ("anchor_jwks", "bundle_jwks") for key in claims[name]["keys"]]
        assert stolen not in [*listed, _kid(_served(nation)), _kid(nation.entry(east)["statement"])]
    _require_chain(nation, east, nation.claims()["anchor_jwks"])


def test_a_region_is_visited_before_it_is_listed(nation: Nation) -> None:
    """Keys alone are not enough: its provider has to answer, and to be what it says."""
    east = nation.region(EAST, metadata={"issuer": WEST})

    with pytest.raises(VisitFailed):
        nation.add(east)

    assert nation.claims()["regions"] == []


def _served(nation: Nation) -> str:
    nation.clock.advance(seconds=1)
    return nation.get("/trust/bundle").text


def _kid(token: str) -> str:
    from idp.foundation.compact_jws import parse

    return str(parse(token, 1_000_000, 10_000).header["kid"])


def _require_chain(nation: Nation, east: object, anchor_jwks: object) -> None:
    region = nation.network.regions[EAST]
    entry = nation.entry(region)
    trust_chain.validate(
        [
            region.answer("/.well-known/openid-federation", {}).body.decode(),
            entry["op_statement"],
            entry["statement"],
        ],
        {HUB: anchor_jwks},  # type: ignore[dict-item]
        StatementSignatures(),
        now=nation.clock.now(),
    )


def test_every_round_of_a_served_hub_does_what_is_due(nation: Nation) -> None:
    """One thread signs and another visits, so that a region that answers slowly holds up no signature."""
    east = nation.listed(EAST)
    before = nation.claims()
    east.provider_keys.append(new_key())
    nation.clock.advance(minutes=2)

    works = hub_work.works(nation.hub)
    for work in works.values():
        hub_work.once(nation.services, work)

    assert works.keys() == {"publishing", "visiting"}
    assert nation.claims()["iat"] > before["iat"]
    assert len(nation.entry(east)["op_metadata"]["jwks"]["keys"]) == 2


@pytest.mark.parametrize("trouble", [StorageUnavailable("gone"), RuntimeError("a surprise")])
def test_no_trouble_ends_the_hubs_work(
    nation: Nation, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*, now: datetime) -> None:
        raise trouble

    hub_work.once(nation.services, fails)

    assert "the trust list could not be looked after" in caplog.text


def test_a_hub_whose_database_is_away_serves_what_it_has(nation: Nation) -> None:
    """The bundle grows old by itself; whoever asks gets it, and not an error."""
    before = nation.get("/trust/bundle")
    nation.services.database.run(Statement(text("ALTER TABLE trust_contents RENAME TO elsewhere")))
    nation.clock.advance(seconds=5)

    after = nation.get("/trust/bundle")

    assert (after.status_code, after.data) == (200, before.data)
