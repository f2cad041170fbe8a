"""Getting onto the list, back onto it, or round it; and making the hub say what is not so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from idp.adapters.egress import Answer
from idp.trustlist.changes import ChangeRefused, Remove, Restore, RevokeKey, Suspend
from idp.trustlist.seen import MAX_REPORT
from idp.wiring.hub.region_visits import MAX_STATEMENT, VisitFailed
from tests.support.federation import compact, new_key, public_jwk
from tests.support.hub import ACR, Nation, SimulatedRegion, payload_of

EAST = "http://east.id.localhost:8001"
WEST = "http://west.id.localhost:8002"
FED = "/fed/.well-known/openid-federation"
PROVIDER = "/.well-known/openid-federation"


def visit(nation: Nation, region: SimulatedRegion) -> None:
    nation.clock.advance(minutes=2)
    nation.hub.regions.visit(region.op, now=nation.clock.now())


class TestKeysOfARegion:
    """Only keys that its operators named, and those that these announce."""

    def test_a_key_that_no_known_key_announced_is_not_believed(self, nation: Nation) -> None:
        """Whoever takes the region's address has its web server and none of its keys."""
        east = nation.listed(EAST)
        before = nation.entry(east)
        east.federation_keys, east.provider_keys = [new_key()], [new_key()]

        with pytest.raises(VisitFailed, match="not signed by its issuer"):
            visit(nation, east)

        assert nation.entry(east) == before

    def test_a_stranger_who_lists_the_known_key_beside_his_own_is_not_believed(self, nation: Nation) -> None:
        east = nation.listed(EAST)
        east.federation_keys.insert(0, new_key())

        with pytest.raises(VisitFailed, match="not signed by its issuer"):
            visit(nation, east)

    def test_a_key_that_was_given_up_does_not_come_back(self, nation: Nation) -> None:
        """Stolen from an old backup, announced by a present key that the thief has for a moment too."""
        east = nation.listed(EAST)
        old = east.federation_keys[0]
        east.announce()
        visit(nation, east)
        east.change_keys()
        visit(nation, east)
        east.federation_keys.append(old)

        visit(nation, east)

        keys = payload_of(nation.entry(east)["statement"])["jwks"]["keys"]
        assert [key["kid"] for key in keys] == [east.thumbprints[0]]

    def test_an_old_configuration_shown_again_changes_nothing(self, nation: Nation) -> None:
        """Its key is a good one still. But it does not name the next key, which would be given up for ever."""
        east = nation.listed(EAST)
        recorded = east.answer(FED, {})
        nation.clock.advance(minutes=5)
        east.announce()
        visit(nation, east)
        east.instead = {FED: lambda: recorded}

        with pytest.raises(VisitFailed, match="older configuration"):
            visit(nation, east)

        keys = payload_of(nation.entry(east)["statement"])["jwks"]["keys"]
        assert {key["kid"] for key in keys} == set(east.thumbprints)

    def test_a_key_under_another_name_than_its_own_is_refused(self, nation: Nation) -> None:
        """By another name a key that was given up would look new."""
        east = nation.region(EAST)
        key = public_jwk(east.federation_keys[0], kid="another-name")
        east.claims[FED] = {"jwks": {"keys": [key, public_jwk(east.federation_keys[0])]}}

        with pytest.raises(VisitFailed, match="thumbprint"):
            nation.add(east)

    def test_a_removed_region_comes_back_only_with_other_keys(self, nation: Nation) -> None:
        east = nation.listed(EAST)
        east.announce()
        visit(nation, east)
        nation.hub.change(Remove(EAST, "key_compromise"), now=nation.clock.now())
        nation.clock.advance(days=400)

        with pytest.raises(ChangeRefused, match="only with new federation keys"):
            nation.add(east)
        east.federation_keys = [new_key(), east.federation_keys[1]]
        with pytest.raises(ChangeRefused, match="only with new federation keys"):
            nation.add(east)
        with pytest.raises(ChangeRefused, match="was removed"):
            nation.hub.change(Restore(EAST), now=nation.clock.now())
        assert nation.entry(east)["status"] == "removed"

        east.federation_keys = [new_key()]
        nation.add(east)
        assert nation.entry(east)["status"] == "active"

    def test_a_revoked_federation_key_signs_no_report_and_no_statement(self, nation: Nation) -> None:
        east = nation.listed(EAST)
        stolen = east.federation_keys[0]
        nation.hub.change(RevokeKey(east.id, stolen.thumbprint(), "compromised"), now=nation.clock.now())

        answer = nation.send("POST", "/trust/seen", data=east.report(1))

        assert answer.status_code == 401
        # With its only key gone, nothing of the region can be believed.
        entry = nation.entry(east)
        assert (entry["status"], entry["reason"], entry["statement"]) == ("suspended", "key_compromise", "")
        with pytest.raises(ChangeRefused, match="no federation key"):
            nation.hub.change(Restore(EAST), now=nation.clock.now())

    def test_a_region_does_not_take_another_ones_key(self, nation: Nation) -> None:
        east, west = nation.listed(EAST), nation.region(WEST)
        west.federation_keys = east.federation_keys[:]

        with pytest.raises(ChangeRefused, match="another region's"):
            nation.add(west)


class TestWhatARegionSays:
    """A hostile region speaks for itself at most."""

    def test_a_statement_about_another_region_is_not_its_to_make(self, nation: Nation) -> None:
        west, east = nation.listed(WEST), nation.listed(EAST)
        before = nation.entry(west)
        for where in (PROVIDER, f"/fed/fetch {EAST}", f"/fed/fetch {EAST}/rp"):
            east.claims = {where: {"sub": WEST}}

            with pytest.raises(VisitFailed):
                visit(nation, east)

        assert nation.entry(west) == before

    def test_it_does_not_come_under_the_name_of_another(self, nation: Nation) -> None:
        """What West says of itself, shown at East's address: true, signed, and not East's."""
        west, east = nation.region(WEST), nation.region(EAST)
        east.instead = {FED: lambda: west.answer(FED, {})}

        with pytest.raises(VisitFailed, match="somebody else"):
            nation.hub.regions.meet(EAST, now=nation.clock.now())

    def test_it_answers_for_its_entities_at_its_own_address(self, nation: Nation) -> None:
        """We fetch where we are told by a region only at that region: no way to make us call somebody else."""
        east = nation.listed(EAST)
        metadata = {
            "federation_fetch_endpoint": f"{WEST}/fed/fetch",
            "federation_list_endpoint": f"{WEST}/fed/list",
        }
        east.claims[FED] = {"metadata": {"federation_entity": metadata}}
        nation.network.asked.clear()

        with pytest.raises(VisitFailed, match="somewhere else"):
            visit(nation, east)

        assert not [url for url, _ in nation.network.asked if url.startswith(WEST)]

    def test_strength_above_the_ladder_and_above_its_ceiling_is_cut(self, nation: Nation) -> None:
        east = nation.region(EAST, metadata={"acr_values_supported": [f"{ACR}1", f"{ACR}3", f"{ACR}9"]})

        nation.add(east, ceiling=2)

        assert nation.entry(east)["op_metadata"]["acr_values_supported"] == [f"{ACR}1"]
        nation.clock.advance(seconds=1)
        assert nation.services.trust().strongest(EAST, now=nation.clock.now()) == f"{ACR}2"

    @pytest.mark.parametrize(
        "metadata",
        [
            {"jwks": {"keys": []}},
            {"jwks": "none"},
            {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "x"}]}},
            {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "x"}]}},
            {"subject_types_supported": ["public"]},
            {"weight": 1.5},
            {"deep": json.loads("[" * 40 + "]" * 40)},
            {
                "jwks": {
                    "keys": [
                        {**public_jwk(new_key()), "kid": "same"},
                        {**public_jwk(new_key()), "kid": "same"},
                    ]
                }
            },
        ],
        ids=[
            "no-keys",
            "no-set",
            "symmetric",
            "no-point",
            "not-pairwise",
            "a-fraction",
            "deep",
            "one-kid-twice",
        ],
    )
    def test_what_no_bundle_can_say_stays_out_of_it(self, nation: Nation, metadata: dict[str, Any]) -> None:
        """One region's metadata must not make the bundle unreadable for all the others."""
        west, east = nation.listed(WEST), nation.listed(EAST)
        before = nation.entry(east)
        east.metadata = metadata

        with pytest.raises(VisitFailed):
            visit(nation, east)

        assert nation.entry(east) == before
        assert nation.entry(west)["status"] == "active"

    def test_keys_that_nobody_may_sign_with_abroad_are_left_out(self, nation: Nation) -> None:
        east = nation.region(EAST)
        good, weak, other = new_key(), new_key("RS256"), new_key("ES384")
        east.metadata = {
            "jwks": {
                "keys": [
                    public_jwk(good, alg="ES256"),
                    public_jwk(weak, alg="RS256"),
                    public_jwk(other, alg="ES384"),
                    public_jwk(new_key(), use="enc"),
                ]
            }
        }

        nation.add(east)

        (key,) = nation.entry(east)["op_metadata"]["jwks"]["keys"]
        assert key["kid"] == good.thumbprint()

    @pytest.mark.parametrize(
        "answer",
        [
            lambda: Answer(200, {"content-type": "text/html"}, b"<html>"),
            lambda: Answer(500, {"content-type": "application/json"}, b"{}"),
            lambda: Answer(200, {"content-type": "application/entity-statement+jwt"}, b"\xff\xfe"),
            lambda: Answer(
                200, {"content-type": "application/entity-statement+jwt"}, b"a" * (MAX_STATEMENT + 1)
            ),
            lambda: Answer(200, {"content-type": "application/entity-statement+jwt"}, b"a.b.c"),
        ],
        ids=["a-page", "an-error", "bytes", "huge", "not-one"],
    )
    @pytest.mark.parametrize("path", [FED, PROVIDER, "/rp" + PROVIDER, "/fed/fetch"])
    def test_whatever_it_answers_the_list_stays(
        self, nation: Nation, path: str, answer: Callable[[], Answer]
    ) -> None:
        east = nation.listed(EAST)
        before = nation.entry(east)
        east.instead = {path: answer}

        with pytest.raises(VisitFailed):
            visit(nation, east)

        assert nation.entry(east) == before

    @pytest.mark.parametrize("path", [FED, PROVIDER, "/rp" + PROVIDER, f"/fed/fetch {EAST}"])
    def test_a_good_statement_that_is_too_large_is_not_taken(self, nation: Nation, path: str) -> None:
        east = nation.listed(EAST)
        before = nation.entry(east)
        east.claims = {path: {"padding": "x" * MAX_STATEMENT}}

        with pytest.raises(VisitFailed, match="too_large"):
            visit(nation, east)

        assert nation.entry(east) == before

    @pytest.mark.parametrize(
        "op",
        [
            "https://east.example/",
            "https://east.example/fed",
            "https://user@east.example",
            "https://127.0.0.1",
            "http://east.example",
            "file:///etc/passwd",
            "https://east.example?x",
        ],
    )
    def test_only_an_issuer_is_met_at_all(self, nation: Nation, op: str) -> None:
        with pytest.raises(VisitFailed, match="no issuer"):
            nation.hub.regions.meet(op, now=nation.clock.now())

        assert nation.network.asked == []


class TestReports:
    """What a region honours is its own word, said now."""

    def test_a_forged_report_is_not_believed(self, nation: Nation) -> None:
        east, west = nation.listed(EAST), nation.listed(WEST)
        seq = nation.claims()["seq"]
        forged = (
            east.report(seq, key=new_key()),
            # West's key, in East's name: under its own kid and under that of East.
            east.report(seq, key=west.federation_keys[0]),
            _with_kid(east, west, seq),
            east.report(seq, iss=f"{WEST}/fed"),
            east.report(seq, iss="http://nobody.id.localhost:9/fed"),
            east.report(seq, iss=EAST),
        )

        answers = [nation.send("POST", "/trust/seen", data=report).status_code for report in forged]

        assert answers == [401] * len(forged)
        assert {line.honoured_seq for line in nation.hub.overview(nation.clock.now())} == {None}

    def test_a_report_is_for_this_hub_of_now_and_of_a_number_that_was_given(self, nation: Nation) -> None:
        east = nation.listed(EAST)
        seq = nation.claims()["seq"]
        now = int(nation.clock.now().timestamp())
        bad = (
            east.report(seq, aud="https://another-hub.example"),
            east.report(seq + 1),
            east.report(0),
            east.report(seq, iat=now - 301),
            east.report(seq, iat=now + 61),
            east.report(seq, jti=""),
            east.report(seq, typ="entity-statement+jwt"),
            east.report(seq, typ="JWT"),
            "not a report",
            "",
        )

        answers = [nation.send("POST", "/trust/seen", data=report).status_code for report in bad]

        assert answers == [400] * len(bad)
        assert nation.hub.overview(nation.clock.now())[0].honoured_seq is None

    def test_a_report_kept_and_sent_again_does_not_take_back_a_later_one(self, nation: Nation) -> None:
        east = nation.listed(EAST)
        first = nation.claims()["seq"]
        early = east.report(first)
        nation.hub.change(Suspend(EAST, "review"), now=nation.clock.now())
        nation.clock.advance(seconds=10)
        nation.send("POST", "/trust/seen", data=east.report(first + 1))

        again = nation.send("POST", "/trust/seen", data=early)

        assert again.status_code == 200
        assert nation.hub.overview(nation.clock.now())[0].honoured_seq == first + 1

    def test_a_report_of_a_removed_region_is_none(self, nation: Nation) -> None:
        east = nation.listed(EAST)
        nation.hub.change(Remove(EAST, "operator_request"), now=nation.clock.now())

        assert nation.send("POST", "/trust/seen", data=east.report(1)).status_code == 401

    def test_a_huge_report_is_refused_unread(self, nation: Nation) -> None:
        nation.listed(EAST)

        class Endless:
            def read(self, size: int = -1) -> bytes:
                raise AssertionError("nobody may read this")

        for length in (MAX_REPORT + 1, 10**9, 10**12):
            answer = nation.send(
                "POST",
                "/trust/seen",
                environ_overrides={"CONTENT_LENGTH": str(length), "wsgi.input": Endless()},
            )
            assert answer.status_code == 400


def test_a_hub_is_asked_for_its_past_in_pieces(nation: Nation) -> None:
    """A thousand hashes at most for one question, and none for one that makes no sense."""
    for query in (
        "from=" + "9" * 400,
        "from=1e3",
        "from=-1",
        "from=1&from=2",
        "from=%31%00",
        "x=" + "y" * 5_000,
    ):
        assert nation.get(f"/trust/lineage?{query}").status_code in (400, 404)


def test_a_region_that_never_ends_is_visited_again_all_the_same(nation: Nation) -> None:
    """A failed visit is noted, and holds up no other region."""
    east, west = nation.listed(EAST), nation.listed(WEST)
    east.claims[FED] = {"exp": int((nation.clock.now() - timedelta(days=1)).timestamp())}
    west.provider_keys.append(new_key())
    nation.clock.advance(minutes=2)

    nation.hub.regions.visit_due(now=nation.clock.now())

    assert set(nation.hub.faults()) == {EAST}
    assert len(nation.entry(west)["op_metadata"]["jwks"]["keys"]) == 2


def _with_kid(east: SimulatedRegion, west: SimulatedRegion, seq: int) -> str:
    """Signed by West, with the name of East's key in the header."""
    claims = payload_of(east.report(seq))
    header = {"alg": "ES256", "typ": "trust-seen+jwt", "kid": east.thumbprints[0]}
    return compact(header, claims, west.federation_keys[0], "ES256")
