"""Becoming a client without being registered: who may not, and that nobody is redirected when trust fails.

OpenID Federation 1.0 §12.1, §12.1.3; RFC 9101 §10.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp.federation.trust_chain import ChainFault
from idp.trustlist.bundle import RegionStatus, RevokedKey
from tests.flows.federated import federated_provider
from tests.support.clock import FakeClock
from tests.support.federation import Chain, Entity, new_key
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import ISSUER, Provider
from tests.support.relying_party import ASSERTION_TYPE, Answer, RelyingParty, answer_of

CHAIN = str(ChainFault.TRUST_CHAIN)
ANCHOR = str(ChainFault.TRUST_ANCHOR)
METADATA = str(ChainFault.METADATA)


@pytest.fixture
def others(clock: FakeClock) -> Iterator[Neighbours]:
    with neighbourhood(clock, ISSUER) as neighbours:
        yield neighbours


@pytest.fixture
def provider(provider: Provider, others: Neighbours) -> Iterator[Provider]:
    with federated_provider(provider, others) as joined:
        joined.person()
        yield joined


@pytest.fixture
def health(provider: Provider, others: Neighbours) -> RelyingParty:
    return others.client(provider)


def drafts(others: Neighbours) -> Chain:
    return others.health.chain(now=others.clock.now())


def push(app: RelyingParty, token: str) -> Answer:
    return app.call("/par", {"request": token, "client_id": app.client_id})


def require_answered(provider: Provider, app: RelyingParty, token: str, *errors: str) -> None:
    """JSON at the push; a page and never a redirect anywhere else."""
    pushed = push(app, token)
    assert (pushed.error in errors, pushed.status in (400, 401)) == (True, True), pushed.members
    form = {"client_id": app.client_id, "request": token}
    shown = provider.send("GET", app.address(**form).removeprefix(provider.issuer))
    posted = provider.send("POST", "/authorize", data=form)
    for answer in (shown, posted):
        assert (answer.status_code, answer.headers.get("Location")) == (400, None), answer.text


def require_refused(provider: Provider, app: RelyingParty, token: str, *errors: str) -> None:
    """The same, and nobody has become a client."""
    require_answered(provider, app, token, *errors)
    assert provider.services.stores.federated_clients.find(app.client_id) is None


Defect = Callable[[Neighbours, Chain], object]


def unpinned(others: Neighbours, chain: Chain) -> None:
    """A hub of the same name with other keys, true to itself."""
    forged = Entity(others.hub.id, None, others.hub.metadata)
    chain[2] = forged.statement_about(others.west, now=others.clock.now())
    chain[3] = forged.configuration(now=others.clock.now())


def poisoned(others: Neighbours, chain: Chain) -> None:
    """The keys of West from another hub, which is nobody here."""
    rival = others.authority(others.address("rival"))
    west = Entity(others.west.id, rival, others.west.metadata)
    health = Entity(others.health.id, west, others.health.metadata)
    chain[0:2] = health.chain(now=others.clock.now())[0:2]


def rival(others: Neighbours, chain: Chain) -> None:
    others.west.superior = others.authority(others.address("rival"))
    chain[:] = drafts(others)


def without_region(others: Neighbours, chain: Chain) -> None:
    """The hub's own word about a region that is not on its list."""
    north = others.authority(f"{others.address('north.id')}/fed", others.hub)
    others.health.superior = north
    chain[:] = drafts(others)


def other_subject(others: Neighbours, chain: Chain) -> None:
    other = others.relying_party(others.address("other.apps"), others.west)
    chain[:] = other.chain(now=others.clock.now())


def no_relying_party(others: Neighbours, chain: Chain) -> None:
    chain[0].claims["metadata"] = {"federation_entity": {}}


def bad_policy(others: Neighbours, chain: Chain) -> None:
    chain[2].claims["metadata_policy"] = {"openid_relying_party": {"scope": {"subset_of": ["email"]}}}


def explicit_only(others: Neighbours, chain: Chain) -> None:
    chain[0].claims["metadata"]["openid_relying_party"]["client_registration_types"] = ["explicit"]


def expired(others: Neighbours, chain: Chain) -> None:
    chain[1].claims["exp"] = int(others.clock.now().timestamp()) - 120


def spliced(others: Neighbours, chain: Chain) -> None:
    del chain[1]


DEFECTS: list[tuple[Defect, str]] = [
    (unpinned, CHAIN),
    (poisoned, CHAIN),
    (rival, ANCHOR),
    (without_region, CHAIN),
    (other_subject, CHAIN),
    (no_relying_party, METADATA),
    (bad_policy, METADATA),
    (explicit_only, METADATA),
    (expired, CHAIN),
    (spliced, CHAIN),
]


@pytest.mark.parametrize(("defect", "error"), DEFECTS, ids=[each[0].__name__ for each in DEFECTS])
def test_when_trust_fails_it_is_said_to_who_pushes_and_nobody_is_redirected(
    provider: Provider, others: Neighbours, health: RelyingParty, defect: Defect, error: str
) -> None:
    chain = drafts(others)
    defect(others, chain)
    _, token = health.request_object({"trust_chain": chain.tokens()})

    require_refused(provider, health, token, error)


@pytest.mark.parametrize(
    "defect", [unpinned, poisoned, rival, other_subject, expired, spliced], ids=lambda defect: defect.__name__
)
def test_a_chain_that_does_not_hold_is_refused_though_its_sender_registered_a_moment_ago(
    provider: Provider, others: Neighbours, health: RelyingParty, defect: Defect
) -> None:
    assert health.push_signed()[1].status == 201
    chain = drafts(others)
    defect(others, chain)
    _, token = health.request_object({"trust_chain": chain.tokens()})

    require_answered(provider, health, token, CHAIN, ANCHOR)
    assert health.push_signed()[1].status == 201


@pytest.mark.parametrize("damaged", [["x"], ["x.y.z"] * 3, [], "a.b.c", {}, [1], None, ["…"] * 200], ids=str)
def test_what_is_no_chain_registers_nobody(
    provider: Provider, others: Neighbours, health: RelyingParty, damaged: object
) -> None:
    others.down.add(others.health.id)
    _, token = health.request_object({"trust_chain": damaged})

    require_refused(provider, health, token, CHAIN, "invalid_request_object")


class TestAnchors:
    def test_without_a_shared_anchor_both_sides_trust_different_things(
        self, provider: Provider, others: Neighbours, health: RelyingParty
    ) -> None:
        """Mix-up of anchors: the sender believes another hub about us than the one we believe about it."""
        rival = others.authority(others.address("rival"))
        ours = others.tokens(others.health)
        for header in (
            {"trust_chain": ours, "peer_trust_chain": others.provider_chain(rival)},
            {
                "trust_chain": [*ours[:3], rival.configuration().sign()],
                "peer_trust_chain": others.provider_chain(),
            },
        ):
            _, token = health.request_object(header)
            require_answered(provider, health, token, ANCHOR, CHAIN)

    def test_a_registered_client_is_asked_as_well(
        self, provider: Provider, others: Neighbours, health: RelyingParty
    ) -> None:
        """Its own chain is not judged anew at every request, and may name any anchor: what counts is that it is one."""
        rival = others.authority(others.address("rival"))
        assert health.push_signed()[1].status == 201
        others.west.superior = rival
        _, token = health.request_object(
            {"trust_chain": others.tokens(others.health), "peer_trust_chain": others.provider_chain()}
        )

        assert push(health, token).error == ANCHOR


class TestKeys:
    def test_a_revoked_key_of_a_region_vouches_for_nobody(
        self, provider: Provider, others: Neighbours, health: RelyingParty
    ) -> None:
        others.revoked = (
            RevokedKey(others.west.id, others.west.key.thumbprint(), others.clock.now(), "compromised"),
        )
        _, token = health.request_object({"trust_chain": others.tokens(others.health)})

        require_refused(provider, health, token, CHAIN)

    def test_a_revoked_key_of_the_client_proves_nothing(
        self, others: Neighbours, health: RelyingParty
    ) -> None:
        assert health.push_signed()[1].status == 201

        others.revoked = (RevokedKey(health.client_id, health.key.kid, others.clock.now(), "compromised"),)
        others.seq = 2

        assert health.push_signed()[1].error == "invalid_client"

    @pytest.mark.parametrize("way", ["own", "superior"])
    def test_a_federation_key_signs_no_request_and_no_assertion(
        self, provider: Provider, others: Neighbours, health: RelyingParty, way: str
    ) -> None:
        _, genuine = health.request_object({"trust_chain": others.tokens(others.health)})
        entity = others.health if way == "own" else others.west
        jwk = {**entity.key.as_dict(private=True), "kid": entity.key.thumbprint()}
        health.key = ECKey.import_key(jwk)
        _, token = health.request_object({"trust_chain": others.tokens(others.health)})

        answers = [push(health, token), health.push()[1]]
        alone = health.send("POST", "/par", {"client_id": health.client_id, "request": token})

        assert {answer.error for answer in answers} == {"invalid_client"}
        assert alone.error == "invalid_request_object"
        form = {"client_id": health.client_id, "request": genuine}
        assert health.send("POST", "/par", form).status == 201


@pytest.mark.parametrize(
    "audience",
    [[ISSUER], [ISSUER, "https://other.example"], f"{ISSUER}/par", f"{ISSUER}/fed", "https://other.example"],
    ids=str,
)
def test_an_assertion_beside_a_push_is_for_us_alone(health: RelyingParty, audience: Any) -> None:
    _, members = health.ask()
    assertion = health.assertion(aud=audience)
    form = {**members, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    assert health.send("POST", "/par", form).error == "invalid_client"


def test_where_the_token_endpoint_may_be_named_an_assertion_for_it_opens_nothing_else(
    provider: Provider, others: Neighbours
) -> None:
    """Another provider may name our token endpoint as its own, and be shown one (`IDP_COMPAT`)."""
    with federated_provider(provider, others, compat=True) as lenient:
        health = others.client(lenient)
        pending, pushed = health.push_signed()
        assert pushed.status == 201
        code = answer_of(lenient.walk(lenient.browser(), pending.url).url)["code"]

        def named(path: str, aud: Any, **form: str) -> Answer:
            proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": health.assertion(aud=aud)}
            return health.send("POST", path, {**form, **proof})

        token = f"{ISSUER}/token"
        plain = {name: str(value) for name, value in health.ask()[1].items()}
        elsewhere = [named("/par", token, **plain), named("/introspect", token, token="x")]
        redeeming = {"grant_type": "authorization_code", "code": code, "code_verifier": pending.verifier}
        lists = [named("/token", aud, **redeeming) for aud in ([token], [ISSUER, token], f"{ISSUER}/par")]

        assert {answer.error for answer in (*elsewhere, *lists)} == {"invalid_client"}
        assert named("/token", token, redirect_uri=health.redirect_uri, **redeeming).status == 200


class TestRequestObjects:
    """What a federated client's object must and must not say. More in test_request_objects.py."""

    @pytest.mark.parametrize(
        "claims",
        [
            {"sub": "x"},
            {"sub": ""},
            {"aud": [ISSUER]},
            {"aud": [ISSUER, "https://other.example"]},
            {"aud": f"{ISSUER}/par"},
            {"aud": f"{ISSUER}/token"},
            {"aud": f"{ISSUER}/fed"},
            {"aud": "https://other.example"},
            {"iss": "https://other.example"},
            {"client_id": "https://other.example"},
            {"jti": None},
            {"exp": None},
        ],
        ids=str,
    )
    def test_it_is_for_us_alone_and_names_its_sender_once(
        self, provider: Provider, others: Neighbours, health: RelyingParty, claims: dict[str, Any]
    ) -> None:
        _, token = health.request_object({"trust_chain": others.tokens(others.health)}, **claims)

        assert push(health, token).error == "invalid_request_object"
        page = provider.send("GET", health.address(client_id=health.client_id, request=token))
        assert (page.status_code, page.headers.get("Location")) == (400, None)

    def test_a_known_client_is_not_redirected_either_when_its_object_fails(
        self, provider: Provider, others: Neighbours, health: RelyingParty
    ) -> None:
        """Its registered address stands outside, where anybody could have written it."""
        assert health.push_signed()[1].status == 201
        _, token = health.request_object(aud="https://other.example")

        address = health.address(
            client_id=health.client_id, request=token, redirect_uri=health.redirect_uri, state="x"
        )
        page = provider.send("GET", address)

        assert (page.status_code, page.headers.get("Location")) == (400, None)

    def test_it_is_no_assertion_and_an_assertion_no_object(
        self, others: Neighbours, health: RelyingParty
    ) -> None:
        _, token = health.request_object({"trust_chain": others.tokens(others.health)})
        pending, members = health.ask()
        as_assertion = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}

        assert health.send("POST", "/par", {**members, **as_assertion}).error == "invalid_client"
        assert push(health, health.assertion()).error == "invalid_request_object"
        assert pending.state

    def test_it_counts_once_on_every_process(
        self, provider: Provider, others: Neighbours, health: RelyingParty
    ) -> None:
        _, token = health.request_object({"trust_chain": others.tokens(others.health)})
        form = {"client_id": health.client_id, "request": token}
        assert health.send("POST", "/par", form).status == 201

        with federated_provider(provider, others) as restarted:
            again = others.client(restarted)
            assert again.send("POST", "/par", form).error == "invalid_request_object"
            page = restarted.send("GET", health.address(**form))
        assert (page.status_code, page.headers.get("Location")) == (400, None)

    def test_an_unregistered_address_in_it_gets_a_page(
        self, provider: Provider, others: Neighbours, health: RelyingParty
    ) -> None:
        _, token = health.request_object(
            {"trust_chain": others.tokens(others.health)}, redirect_uri="https://evil.example/"
        )
        page = provider.send("GET", health.address(client_id=health.client_id, request=token))

        assert (page.status_code, page.headers.get("Location")) == (400, None)
        assert push(health, token).error == "invalid_request"

    def test_nothing_is_fetched_by_reference(
        self, provider: Provider, others: Neighbours, health: RelyingParty
    ) -> None:
        address = f"{others.address('health.apps')}/request.jwt"
        page = provider.send("GET", health.address(client_id=health.client_id, request_uri=address))

        assert page.status_code == 400
        assert address not in str(others.asked)


def test_one_address_shared_by_two_clients_tells_them_who_answers(
    provider: Provider, others: Neighbours, health: RelyingParty
) -> None:
    """Mix-up: the answer names its issuer (RFC 9207), and the code is bound to the client that asked."""
    other = others.relying_party(others.address("other.apps"), others.west)
    other.metadata["openid_relying_party"]["redirect_uris"] = [health.redirect_uri]
    attacker = others.client(provider, other)
    attacker.redirect_uri = health.redirect_uri
    pending, _ = health.push_signed()

    answer = answer_of(provider.walk(provider.browser(), pending.url).url)

    assert answer["iss"] == ISSUER
    assert attacker.redeem(answer["code"], pending.verifier).error in ("invalid_grant", "invalid_client")


def test_a_code_is_worth_nothing_without_the_verifier_of_its_request(
    provider: Provider, health: RelyingParty
) -> None:
    pending, _ = health.push_signed()
    answer = answer_of(provider.walk(provider.browser(), pending.url).url)

    assert health.redeem(answer["code"], secrets.token_urlsafe(48)).error == "invalid_grant"
    assert health.redeem(answer["code"], None).error in ("invalid_grant", "invalid_request")
    assert health.push_signed(code_challenge=None, code_challenge_method=None)[1].error == "invalid_request"
    assert health.push_signed(code_challenge_method="plain")[1].error == "invalid_request"


def test_a_registration_does_not_outlive_its_chain_in_any_process(
    provider: Provider, others: Neighbours, health: RelyingParty
) -> None:
    others.west.about["exp"] = int(others.clock.now().timestamp()) + 60
    others.holds_statements = False
    assert health.push_signed()[1].status == 201
    others.down.add(others.west.id)

    provider.clock.advance(seconds=61)

    assert health.push_signed()[1].error == CHAIN
    with federated_provider(provider, others) as restarted:
        assert others.client(restarted).push_signed()[1].error == CHAIN
        assert restarted.services.clients.find_by_id(health.client_id) is None


def another_key(others: Neighbours) -> None:
    """Health gives its protocol key up for another one."""
    key = others.keys[others.health.id] = ECKey.generate_key("P-256", {"kid": "another", "use": "sig"})
    others.health.metadata["openid_relying_party"]["jwks"] = {"keys": [key.as_dict(private=False)]}


def old_chain(others: Neighbours) -> list[str]:
    """As it was when the stolen protocol key was the entity's own."""
    chain = others.tokens(others.health)
    others.clock.advance(minutes=1)
    another_key(others)
    return chain


def old_statement(others: Neighbours) -> list[str]:
    """What the region said when the stolen federation key was the entity's own, below new words of the thief."""
    thief = replace(others.health, metadata=deepcopy(others.health.metadata))
    thief.key = others.health.key
    vouched = others.tokens(others.health)[1]
    others.clock.advance(minutes=1)
    others.health.key = new_key()
    another_key(others)
    later = others.clock.now() + timedelta(minutes=5)
    return [thief.configuration(now=later).sign(), vouched, *others.tokens(others.health)[2:]]


@pytest.mark.parametrize("is_over", [False, True], ids=["registered", "ended meanwhile"])
@pytest.mark.parametrize("old", [old_chain, old_statement])
def test_no_older_words_bring_back_a_key_that_was_given_up(
    provider: Provider,
    others: Neighbours,
    health: RelyingParty,
    old: Callable[[Neighbours], list[str]],
    is_over: bool,
) -> None:
    """They hold for a day, and whoever stole the key has kept them."""
    chain = old(others)
    owner = others.client(provider)
    _, token = owner.request_object({"trust_chain": others.tokens(others.health)})
    assert push(owner, token).status == 201
    others.clock.advance(minutes=6)
    if is_over:
        provider.services.stores.federated_clients.end(owner.client_id)
    _, token = health.request_object({"trust_chain": chain})

    answer = push(health, token)

    assert answer.error == (CHAIN if is_over else "invalid_client"), answer.members
    assert owner.push_signed()[1].status == 201


@pytest.mark.parametrize("status", [RegionStatus.SUSPENDED, RegionStatus.REMOVED])
def test_no_chain_gets_round_a_region_that_lost_trust(
    provider: Provider, others: Neighbours, health: RelyingParty, status: RegionStatus
) -> None:
    """Not one made before, not the hub's own word for the app, not one for an entity of the list."""
    before = others.tokens(others.health)
    others.status, others.seq = status, 2
    for chain in (before, others.tokens(others.health), None):
        _, token = health.request_object({"trust_chain": chain})
        assert push(health, token).error in (CHAIN, "invalid_client")

    broker = others.relying_party(others.west.id.removesuffix("/fed") + "/rp", others.west)
    app = others.client(provider, broker)
    _, token = app.request_object({"trust_chain": others.tokens(broker)})
    assert push(app, token).error == CHAIN
    assert provider.services.stores.federated_clients.find(broker.id) is None


def test_behind_a_bundle_that_nobody_renewed_no_stranger_registers(
    provider: Provider, others: Neighbours, health: RelyingParty
) -> None:
    """However fresh its chain: below a region, and right below the hub."""
    national = others.client(provider, others.relying_party(others.address("national"), others.hub))
    others.signed_at = others.clock.now()
    assert national.push_signed()[1].status == 201

    provider.clock.advance(hours=25)

    for app, entity in ((national, others.entities[national.client_id]), (health, others.health)):
        _, token = app.request_object({"trust_chain": others.tokens(entity)})
        assert push(app, token).error == CHAIN


def test_no_chain_makes_an_entity_of_the_list_something_else(provider: Provider, others: Neighbours) -> None:
    """The list says everything about a region's own entities, and changes it at once."""
    for path in ("/rp", "", "/fed"):
        entity = others.relying_party(others.west.id.removesuffix("/fed") + path, others.hub)
        app = others.client(provider, entity)
        _, token = app.request_object({"trust_chain": others.tokens(entity)})

        assert push(app, token).error in (CHAIN, "invalid_client")
        assert provider.services.stores.federated_clients.find(entity.id) is None


def test_a_forged_signature_under_a_true_chain_signs_nobody_in(
    provider: Provider, others: Neighbours, health: RelyingParty
) -> None:
    """A chain is no secret: it makes its subject a client, and nobody else that client."""
    header = {"alg": "ES256", "typ": "oauth-authz-req+jwt", "trust_chain": others.tokens(others.health)}
    _, genuine = health.request_object()
    stolen = RelyingParty(**{**health.__dict__, "key": ECKey.generate_key("P-256", {"kid": health.key.kid})})
    _, forged = stolen.request_object(header)

    page = provider.send("GET", health.address(client_id=health.client_id, request=forged))

    assert (page.status_code, page.headers.get("Location")) == (400, None)
    assert push(health, forged).error == "invalid_request_object"
    assert push(health, genuine).status == 201
