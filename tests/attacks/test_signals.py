"""Attacks on security events: on their way between regions, at the transmitter, and through the address of a push."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select

from idp.adapters.egress import Answer as EgressAnswer
from idp.adapters.egress import Egress
from idp.adapters.event_posts import EventPosts
from idp.adapters.keyring import Keyring
from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import Algorithm
from idp.signals.pushing import Push
from idp.signals.stream import FULL, MISSED, Method, Stream, StreamStatus
from idp.signals.telling import Reply
from idp.storage.schema import stream_exclusions
from idp.storage.statement import Statement
from idp.trustlist.bundle import RegionStatus
from idp.wiring.signalling.home_streams import MAX_NAME, MOST_AT_ONCE, MOST_LOOKS
from tests.flows.test_cross_region_sign_out import is_signed_in
from tests.support.event_receiver import (
    CREDENTIAL_CHANGE,
    LEVEL_CHANGE,
    PUSH,
    SESSION_REVOKED,
    STREAM_UPDATED,
    StreamClient,
    event_receiver,
    events_of,
)
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, claims_of
from tests.support.two_regions import EAST, LADDER, WEST, Call, Federation, Visit

BROKER = f"{WEST}/rp"
SCOPES = ("openid", "profile", "ssf.read", "ssf.manage")


# Between regions


@dataclass
class Road:
    """Whoever sits between two regions, or is one of them: gives West what it likes in place of East's events."""

    regions: Federation
    visit: Visit
    said: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of West's polls."""

    @property
    def sub(self) -> str:
        links = self.regions.west.services.stores.linked_subjects
        (account, *_) = [
            one for one in self.regions.west.services.stores.accounts.search("", 50) if links.of(one.id)
        ]
        return links.of(account.id)[0].home_sub

    @property
    def is_signed_in(self) -> bool:
        return is_signed_in(self.visit.traveller, self.regions.west)

    def now(self, seconds: int = 0) -> int:
        return int(self.regions.clock.now().timestamp()) + seconds

    def event(self, kind: str = SESSION_REVOKED, *, at: int = 0, **changes: Any) -> dict[str, Any]:
        """Claims as East would write them, of everything of the person; None drops a member."""
        moment = self.now(at)
        members = {"event_timestamp": moment, **changes.pop("members", {})}
        claims = {
            "iss": EAST,
            "aud": BROKER,
            "iat": moment,
            "jti": f"jti-{moment}-{len(self.said)}",
            "sub_id": {"format": "iss_sub", "iss": EAST, "sub": self.sub},
            "events": {kind: members},
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: Mapping[str, Any], typ: str = "secevent+jwt", by: Keyring | None = None) -> str:
        keyring = by or self.regions.east.services.keyring
        return keyring.signing_key(Algorithm.ES256).sign(typ, json.dumps(claims).encode())

    def give(self, *tokens: str) -> dict[str, Any]:
        """Have West fetch these; what it says of them with its next request."""
        sets, given = {f"set-{number}": token for number, token in enumerate(tokens)}, False

        def tamper(call: Call, answer: EgressAnswer) -> EgressAnswer:
            nonlocal given
            if call.path != "/ssf/poll" or answer.status != 200:
                return answer
            self.said.append(json.loads(call.body))
            body, given = json.dumps({"sets": {} if given else sets}).encode(), True
            return replace(answer, body=body)

        self.regions.network.tamper = tamper
        hearing = self.regions.west.services.hearing
        assert hearing is not None
        hearing.listen(EAST)
        self.regions.network.tamper = None
        assert given
        return {name: self.said[-1].get(name) for name in ("ack", "setErrs")}

    def answers(self, sets: Callable[[int], Mapping[str, str]]) -> list[dict[str, Any]]:
        """Have West fetch what is made anew for each poll; the bodies of its polls."""
        said: list[dict[str, Any]] = []

        def tamper(call: Call, answer: EgressAnswer) -> EgressAnswer:
            if call.path != "/ssf/poll" or answer.status != 200:
                return answer
            said.append(json.loads(call.body))
            return replace(answer, body=json.dumps({"sets": sets(len(said) - 1)}).encode())

        self.regions.network.tamper = tamper
        hearing = self.regions.west.services.hearing
        assert hearing is not None
        hearing.listen(EAST)
        self.regions.network.tamper = None
        return said

    def codes(self, *tokens: str) -> set[str]:
        """By which codes West refuses these."""
        said = self.give(*tokens)
        assert said["ack"] == []
        return {error["err"] for error in said["setErrs"].values()}


@pytest.fixture
def health(regions: Federation) -> RelyingParty:
    regions.east.person("gulbahar")
    return regions.health()


@pytest.fixture
def road(regions: Federation, health: RelyingParty) -> Iterator[Road]:
    visit = regions.visit(health, regions.east)
    hearing = regions.west.services.hearing
    assert hearing is not None
    hearing.round()
    regions.clock.advance(seconds=60)
    found = Road(regions, visit)
    assert found.is_signed_in
    yield found
    regions.network.tamper = None


def test_an_event_that_is_as_it_should_be_counts(road: Road) -> None:
    """What the others here are measured by."""
    said = road.give(road.sign(road.event()))

    assert said == {"ack": ["set-0"], "setErrs": None}
    assert not road.is_signed_in


def test_an_event_that_comes_again_ends_nothing_again(road: Road, health: RelyingParty) -> None:
    """77, duplicated: acknowledged, so that it is not sent for ever, and without a second effect."""
    token = road.sign(road.event())
    road.give(token)
    road.regions.clock.advance(seconds=5)
    road.regions.visit(health, road.regions.east, traveller=road.visit.traveller, prompt="login")

    # The same one, and the same one under a name that is not its own in the answer.
    said = road.give(token, token)

    assert said["ack"] == ["set-0", "set-1"]
    assert road.is_signed_in


def test_a_jti_counts_once_whatever_is_under_it(road: Road) -> None:
    """77: whoever keeps an event back and changes it has to find another name for it."""
    harmless = {"credential_type": "password", "change_type": "create"}
    road.give(road.sign(road.event(CREDENTIAL_CHANGE, members=harmless, jti="one")))

    said = road.give(road.sign(road.event(jti="one")))

    assert said["ack"] == ["set-0"]
    assert road.is_signed_in


def test_events_out_of_order_end_what_was_before_them_and_nothing_since(
    road: Road, health: RelyingParty
) -> None:
    """77, out of order: a newer sign-in is not ended by an older event, and an older event revives nothing."""
    late = road.sign(road.event(at=-1))
    road.regions.clock.advance(seconds=10)
    road.give(road.sign(road.event()))
    ended = not road.is_signed_in
    road.regions.clock.advance(seconds=10)
    road.regions.visit(health, road.regions.east, traveller=road.visit.traveller, prompt="login")

    said = road.give(late, road.sign(road.event(CREDENTIAL_CHANGE, at=-15, members=UPDATE)))

    assert ended
    assert said["ack"] == ["set-0", "set-1"]
    assert road.is_signed_in


UPDATE = {"credential_type": "password", "change_type": "update"}


def test_a_sign_in_under_way_does_not_outrun_the_event_that_ends_it(road: Road, health: RelyingParty) -> None:
    """78: the event is here before the session is."""
    east = road.regions.east
    arrivals = road.regions.west.services.broker
    assert arrivals is not None
    traveller = road.regions.traveller()
    visit = road.regions.leave(health, east, traveller)
    ahead = road.sign(road.event(at=30))
    road.give(ahead)

    finished = road.regions.finish(visit, "gulbahar")

    assert "code" not in finished.answer
    assert not is_signed_in(traveller, road.regions.west)


@pytest.mark.parametrize("change", ["create", "update", "revoke", "delete"])
def test_a_changed_credential_at_home_ends_what_it_may_have_opened_here(road: Road, change: str) -> None:
    """79; a new one puts nothing in doubt."""
    members = {"credential_type": "password", "change_type": change}

    road.give(road.sign(road.event(CREDENTIAL_CHANGE, members=members)))

    assert road.is_signed_in is (change == "create")


@pytest.mark.parametrize(("level", "goes_on"), [(1, True), (2, True), (0, True)])
def test_a_lower_level_ends_only_what_is_above_it(road: Road, level: int, goes_on: bool) -> None:
    """This session is of the lowest level; a level that nobody knows is taken for the lowest."""
    name = LADDER[level - 1] if level else "urn:elsewhere:acr:9"
    members = {"namespace": "urn:tongxing:acr", "current_level": name, "change_direction": "decrease"}

    road.give(road.sign(road.event(LEVEL_CHANGE, members=members)))

    assert road.is_signed_in is goes_on


def test_another_regions_event_is_refused_by_name(road: Road) -> None:
    """77, wrong issuer: West's own keys, and a stranger's claims, on East's stream."""
    west = road.regions.west.services.keyring
    foreign = road.event(iss=WEST, sub_id={"format": "iss_sub", "iss": WEST, "sub": road.sub})

    assert road.codes(road.sign(foreign, by=west)) == {"invalid_issuer"}
    assert road.codes(road.sign(road.event(), by=west)) == {"invalid_key"}
    assert road.codes(road.sign(road.event(iss="https://evil.example"))) == {"invalid_issuer"}
    assert road.is_signed_in


def test_a_region_speaks_of_its_own_people_only(road: Road) -> None:
    """East cannot end a session by naming somebody else's subject."""
    elsewhere = {"format": "iss_sub", "iss": WEST, "sub": road.sub}

    said = road.give(
        road.sign(road.event(sub_id=elsewhere)),
        road.sign(road.event(sub_id={"format": "complex", "user": elsewhere}, jti="another")),
        road.sign(road.event(sub_id={"format": "email", "email": "gulbahar@example.org"}, jti="third")),
    )

    assert said["ack"] == ["set-0", "set-1", "set-2"]
    assert road.is_signed_in


def test_an_unknown_person_is_acknowledged_like_a_known_one(road: Road) -> None:
    """77, unknown subject: the region learns nothing of who was ever here."""
    nobody = road.event(sub_id={"format": "iss_sub", "iss": EAST, "sub": "nobody"}, jti="of-nobody")

    said = road.give(road.sign(nobody))

    assert said == {"ack": ["set-0"], "setErrs": None}
    assert road.is_signed_in


@pytest.mark.parametrize("audience", [EAST, "health", [BROKER, "health"], None])
def test_an_event_for_somebody_else_is_refused(road: Road, audience: object) -> None:
    assert road.codes(road.sign(road.event(aud=audience))) == {"invalid_audience"}
    assert road.is_signed_in


@pytest.mark.parametrize(
    "changes",
    [
        {"at": 3600},
        {"members": {"event_timestamp": 2**33}},
        {"members": {"event_timestamp": True}},
        {"iat": None},
        {"jti": None},
        {"jti": "x" * 300},
        {"sub_id": None},
        {"sub": "somebody"},
        {"exp": 2_000_000_000},
        {"events": {}},
        {"events": {SESSION_REVOKED: {}, CREDENTIAL_CHANGE: {}}},
        {"events": {SESSION_REVOKED: 1}},
        {"events": {CREDENTIAL_CHANGE: {"change_type": "explode"}}},
    ],
)
def test_a_malformed_event_is_refused_and_ends_nothing(road: Road, changes: dict[str, Any]) -> None:
    """One from the future would end what is opened until then."""
    assert road.codes(road.sign(road.event(**changes))) == {"invalid_request"}
    assert road.is_signed_in


def test_an_event_that_has_not_happened_yet_ends_nothing(road: Road) -> None:
    """Told now, of what is to be in an hour: until then nobody could stay signed in."""
    ahead = road.event(members={"event_timestamp": road.now(3600)})

    assert road.codes(road.sign(ahead)) == {"invalid_request"}
    assert road.is_signed_in


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "logout+jwt", "entity-statement+jwt"])
def test_no_other_token_of_a_region_is_taken_for_an_event(road: Road, typ: str) -> None:
    """Whatever it says inside. Spec: RFC 8725 §3.11."""
    assert road.codes(road.sign(road.event(), typ)) == {"invalid_request"}
    assert road.is_signed_in


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 20_000, "e30.e30."])
def test_what_is_no_token_is_refused(road: Road, token: str) -> None:
    assert road.codes(token) == {"invalid_request"}


def test_an_unsigned_event_is_refused(road: Road) -> None:
    header, payload, _ = road.sign(road.event()).split(".")

    assert road.codes(f"{header}.{payload}.") == {"invalid_key"}
    assert road.is_signed_in


def test_a_federation_key_does_not_speak_for_the_provider(road: Road) -> None:
    federation = road.regions.east.services.keyrings[KeyPurpose.FEDERATION]

    assert road.codes(road.sign(road.event(), by=federation)) == {"invalid_key"}


def test_a_transmitter_that_sends_us_elsewhere_gets_no_token_there(
    regions: Federation, health: RelyingParty
) -> None:
    """Our token goes to the region's own host, whatever its documents say."""
    regions.visit(health, regions.east)

    def tamper(call: Call, answer: EgressAnswer) -> EgressAnswer:
        return replace(answer, body=answer.body.replace(f"{EAST}/ssf".encode(), b"https://evil.example/ssf"))

    regions.network.tamper = tamper
    hearing = regions.west.services.hearing
    assert hearing is not None
    hearing.listen(EAST)

    assert {call.origin for call in regions.network.calls if call.path.startswith("/ssf")} == set()
    source = regions.west.services.stores.signal_sources.find(EAST)
    assert source is None or source.poll_url is None


def test_a_region_that_gives_more_than_was_asked_for_is_not_listened_to(
    road: Road, caplog: pytest.LogCaptureFixture
) -> None:
    """Each of them would cost a look at a signature and a line in our log."""
    said = road.give(*[road.sign(road.event())] * (MOST_AT_ONCE + 1))

    assert said == {"ack": None, "setErrs": None}, "nothing was heard that could be spoken of"
    assert road.is_signed_in
    assert warnings(caplog) == ["events of a region cannot be heard"]
    assert "more than was asked for" in trouble(road)


def test_a_region_does_not_have_its_own_long_names_sent_back(road: Road) -> None:
    names = {"x" * (MAX_NAME + 1): road.sign(road.event())}

    assert len(road.answers(lambda _: names)) == 1
    assert "more than was asked for" in trouble(road)


def test_a_region_does_not_write_our_log(road: Road, caplog: pytest.LogCaptureFixture) -> None:
    """One line for each look, whatever came in how many polls."""
    said = road.answers(lambda look: {f"{look}-{number}": "" for number in range(MOST_AT_ONCE)})

    assert len(said) == MOST_LOOKS + 1
    assert warnings(caplog) == ["events are refused"]
    assert trouble(road) == ""


def test_a_region_that_answers_slowly_keeps_no_other_waiting(road: Road) -> None:
    """And what was heard of it until then is acknowledged, so that it is heard to the end some day."""

    def slowly(look: int) -> Mapping[str, str]:
        road.regions.clock.advance(seconds=2)
        return {f"set-{look}": road.sign(road.event(jti=f"jti-{look}"))}

    said = road.answers(slowly)

    assert [(one["maxEvents"], one.get("ack")) for one in said] == [
        (MOST_AT_ONCE, None),
        (MOST_AT_ONCE, ["set-0"]),
        (MOST_AT_ONCE, ["set-1"]),
        (0, ["set-2"]),
    ]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log has of hearing."""
    return [one.message for one in caplog.records if one.name == "idp.signals"]


def trouble(road: Road) -> str:
    source = road.regions.west.services.stores.signal_sources.find(EAST)
    assert source is not None
    return source.trouble


# At the transmitter


def receiver_at(provider: Provider, client_id: str = "tax") -> StreamClient:
    client = StreamClient(provider.client(client_id, scopes=SCOPES, resources=()))
    client.authorize()
    return client


def test_another_clients_stream_is_not_there(provider: Provider) -> None:
    """Not readable, not changeable, not fetchable; and the answer is that of a stream that never was."""
    tax, health = receiver_at(provider), receiver_at(provider, "health")
    stream = tax.create()
    this = {"stream_id": stream.stream_id}
    address = f"/ssf/stream?stream_id={stream.stream_id}"
    tries: list[Callable[[], Any]] = [
        lambda: health.ask("GET", address),
        lambda: health.ask("PATCH", "/ssf/stream", {**this, "description": "mine"}),
        lambda: health.ask("PUT", "/ssf/stream", this),
        lambda: health.ask("DELETE", address),
        lambda: health.ask("GET", f"/ssf/status?stream_id={stream.stream_id}"),
        lambda: health.ask("POST", "/ssf/status", {**this, "status": "disabled"}),
        lambda: health.ask("POST", "/ssf/verify", this),
        lambda: health.ask(
            "POST", "/ssf/subjects/remove", {**this, "subject": {"format": "opaque", "id": "x"}}
        ),
        lambda: health.fetch(stream),
    ]
    unknown = health.ask("GET", "/ssf/stream?stream_id=unknown").members

    answers = [attempt() for attempt in tries]

    assert {one.status for one in answers} == {404}
    assert all(one.members == unknown for one in answers)
    assert tax.ask("GET", address).members == stream.members
    assert health.ask("GET", "/ssf/stream").list == []


def hold(provider: Provider, stream_id: str, status: StreamStatus) -> None:
    """What an operator does."""
    now = provider.clock.now()
    assert provider.services.stores.streams.set_status(stream_id, status, "by hand", tell=True, now=now)


@pytest.mark.parametrize("status", [StreamStatus.PAUSED, StreamStatus.DISABLED])
def test_a_receiver_does_not_lift_what_an_operator_holds(provider: Provider, status: StreamStatus) -> None:
    """Neither by its status nor with a stream made anew; and no change of the stream lets it flow."""
    tax = receiver_at(provider)
    stream = tax.create()
    hold(provider, stream.stream_id, status)
    this = {"stream_id": stream.stream_id}
    address = f"?stream_id={stream.stream_id}"

    tries = [
        *(
            tax.ask("POST", "/ssf/status", {**this, "status": one})
            for one in ("enabled", "paused", "disabled")
        ),
        tax.ask("DELETE", f"/ssf/stream{address}"),
    ]
    assert {(one.status, one.error) for one in tries} == {(403, "stream_held")}
    assert tax.create().status == 409
    assert tax.ask("PATCH", "/ssf/stream", {**this, "description": "again"}).status == 200

    found = tax.ask("GET", f"/ssf/status{address}")
    assert (found.members["status"], found.reason) == (status.value, "by hand")
    hold(provider, stream.stream_id, StreamStatus.ENABLED)
    assert tax.ask("POST", "/ssf/status", {**this, "status": "paused"}).status == 200


def test_made_up_subjects_are_not_kept(provider: Provider) -> None:
    """Of whom there is nobody nothing is kept, and the answer is that of somebody whom we know."""
    tax = receiver_at(provider)
    stream = tax.create()
    subjects = [
        {"format": "iss_sub", "iss": provider.issuer, "sub": f"made-up-{number}"} for number in range(20)
    ]

    statuses = {
        tax.ask("POST", "/ssf/subjects/remove", {"stream_id": stream.stream_id, "subject": one}).status
        for one in subjects
    }

    assert statuses == {204}
    assert provider.services.database.all(Statement(select(stream_exclusions))) == []


def test_a_receiver_that_comes_for_nothing_does_not_fill_the_house(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for it ends somewhere; it is told, and hears of what comes after."""
    monkeypatch.setattr("idp.signals.pushing.MOST_WAITING", 2)
    provider.person()
    tax = receiver_at(provider)
    stream = tax.create()
    browser = provider.browser()

    def visit() -> None:
        provider.tokens(browser, tax.app, scope="openid profile")
        browser.submit(browser.get("/logout"), "/logout", "logout-confirm")

    for _ in range(3):
        visit()
    provider.services.signals.pushing.errands(1)
    for _ in range(3):
        visit()
    (told,) = tax.poll(stream)
    status = tax.ask("GET", f"/ssf/status?stream_id={stream.stream_id}")
    tax.ask("POST", "/ssf/status", {"stream_id": stream.stream_id, "status": "enabled"})
    kept = [events_of(claims) for claims in tax.poll(stream)]

    assert events_of(told) == (STREAM_UPDATED, {"status": "paused", "reason": FULL})
    assert (status.members["status"], status.reason) == ("paused", FULL)
    assert [kind for kind, _ in kept] == [SESSION_REVOKED] * 3 + [STREAM_UPDATED]
    assert kept[-1][1] == {"status": "enabled", "reason": MISSED}


def test_a_mini_app_that_was_switched_off_hears_nothing(provider: Provider) -> None:
    """Neither by a push nor with the token that it still has; and when it is back nothing is missing."""
    tax, health = receiver_at(provider), receiver_at(provider, "health")
    address = {"method": PUSH, "endpoint_url": "https://tax.example/events"}
    pushed, fetched = tax.create(delivery=address), health.create()
    for app, stream in ((tax, pushed), (health, fetched)):
        app.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id})
        assert provider.services.stores.registry.set_enabled(app.app.client_id, False)

    with provider.twin() as other:
        there = StreamClient(replace(health.app, app=other.app), health.token)
        off = other.services.signals.pushing.errands(10), there.fetch(fetched).status
    for client_id in ("tax", "health"):
        assert provider.services.stores.registry.set_enabled(client_id, True)
    with provider.twin() as other:
        there = StreamClient(replace(health.app, app=other.app), health.token)
        on = other.services.signals.pushing.errands(10), len(there.poll(fetched))

    assert off == ((), 401)
    assert [one.client_id for one in on[0]] == ["tax"]
    assert on[1] == 1


def test_an_entity_that_is_trusted_no_more_is_not_pushed_to(regions: Federation) -> None:
    """The registry's row does not say so: whoever pushes asks whether it is trusted now."""
    east = regions.east.services
    regions.east.person("gulbahar")
    regions.visit(regions.health(), regions.east)
    now = regions.clock.now()
    events = ("https://schemas.openid.net/secevent/caep/event-type/session-revoked",)
    assert east.stores.streams.add(
        Stream("a stream", BROKER, events, Method.PUSH, now, now, endpoint_url="https://west.example/events")
    )
    assert east.stores.streams.verify("a stream", BROKER, None, now=now)
    trusted, at_first = regions.trust.regions[WEST], east.signals.pushing.errands(10)

    regions.trust.regions[WEST] = replace(trusted, status=RegionStatus.SUSPENDED)
    regions.clock.advance(minutes=1)
    suspended = east.signals.pushing.errands(10)
    regions.trust.regions[WEST] = trusted
    regions.clock.advance(minutes=11)
    restored = east.signals.pushing.errands(10)

    assert [len(one) for one in (at_first, suspended, restored)] == [1, 0, 1]


def test_no_other_token_opens_the_transmitter(provider: Provider) -> None:
    """A person's, one for another resource, an ID token, an event: none of them."""
    provider.person()
    tax = receiver_at(provider)
    stream = tax.create()
    tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id})
    (event,) = tax.fetch(stream).sets.values()
    answer = provider.tokens(provider.browser(), tax.app, scope="openid profile")
    api = provider.client("api")
    elsewhere = api.token(grant_type="client_credentials", scope="tax.read")

    for token in (answer.access_token, answer.id_token, elsewhere.access_token, event):
        tax.token = token

        assert (tax.ask("GET", "/ssf/stream").status, tax.fetch(stream).status) == (401, 401)


def test_a_token_for_the_transmitter_opens_nothing_else(provider: Provider) -> None:
    tax = receiver_at(provider)

    assert tax.app.userinfo(tax.token or "").status == 401


def test_an_event_is_no_token_of_another_kind(provider: Provider) -> None:
    """Not an access token, not an ID token as a hint, not a client assertion."""
    tax = receiver_at(provider)
    stream = tax.create()
    tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id})
    (event,) = tax.fetch(stream).sets.values()

    hint = provider.send("GET", f"/logout?id_token_hint={event}")
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": event,
    }

    assert tax.app.userinfo(event).status == 401
    assert hint.status_code == 400
    assert tax.app.send("POST", "/token", form).status == 401
    assert not {"sub", "exp"} & claims_of(event).keys()


def test_a_scope_that_was_not_registered_is_not_got(provider: Provider) -> None:
    """Nor by naming the transmitter as the resource."""
    api = StreamClient(provider.client("api"))
    reader = StreamClient(provider.client("reader", scopes=("openid", "ssf.read"), resources=()))
    transmitter = f"{provider.issuer}/ssf"

    assert api.authorize("ssf.manage").error == "invalid_scope"
    assert api.authorize("tax.read", resource=transmitter).error == "invalid_target"
    assert reader.authorize("ssf.manage").error == "invalid_scope"
    assert reader.authorize("ssf.manage", resource=transmitter).error == "invalid_scope"
    assert reader.authorize("ssf.read", resource="https://api.tax.example").error in (
        "invalid_scope",
        "invalid_target",
    )


# Through the address of a push


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/events",
        "https://[::1]/events",
        "https://[::ffff:127.0.0.1]/events",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/events",
        "https://2130706433/events",
        "https://0x7f.1/events",
        "https://metadata.internal/events",
    ],
)
def test_events_are_not_pushed_to_inner_addresses(provider: Provider, address: str) -> None:
    """Whatever a receiver names: the one way out looks at what the name resolves to, at the moment of sending."""
    tax = receiver_at(provider)
    answer = tax.create(delivery={"method": PUSH, "endpoint_url": address})
    dialled: list[Any] = []

    def dial(place: tuple[str, int], seconds: float) -> Any:
        dialled.append(place)
        raise OSError

    def resolve(host: str, *_: Any) -> list[str]:
        return ["169.254.169.254"]

    guarded = EventPosts(Egress(resolve=resolve, dial=dial))  # type: ignore[arg-type]
    if answer.status == 201:
        tax.ask("POST", "/ssf/verify", {"stream_id": answer.stream_id})
    pushes: tuple[Push, ...] = provider.services.signals.pushing.errands(10)

    replies = [guarded.carry(push) for push in pushes]

    assert (answer.status, len(pushes)) in ((201, 1), (400, 0))
    assert set(replies) <= {Reply.NO_ANSWER}
    assert dialled == []


def test_a_receiver_that_redirects_is_not_followed(provider: Provider) -> None:
    """Its answer is none, and the token stays with whom it was meant for."""
    tax = receiver_at(provider)
    with event_receiver(status=307) as receiver:
        stream = tax.create(delivery={"method": PUSH, "endpoint_url": receiver.address})
        tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id})
        (push,) = provider.services.signals.pushing.errands(10)

        reply = provider.services.signals.posts.carry(push)

    assert reply is Reply.NO_ANSWER
    assert len(receiver.requests) == 1
