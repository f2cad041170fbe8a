"""What ends when trust in somebody of another region does, and what stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from idp.authn.factors.qr_values import Cancelled, Phone, QrSignIn, Waiting, screen_of
from idp.authn.session import Session
from idp.federation.upstream_attempt import UpstreamAttempt
from idp.foundation.events import EventKind
from idp.foundation.identifiers import digest
from idp.oidc.parameters import Parameters
from idp.oidc.vocabulary import AcrLevel
from idp.storage.federated_clients import ConfigurationTimes, FederatedRegistration
from idp.storage.home_regions import UpstreamAttemptRepository
from idp.storage.schema import audit_events, logouts
from idp.storage.schema_federated_clients import RegisteredBy
from idp.storage.statement import Statement
from idp.storage.withdrawals import Ended, Withdrawals
from tests.contract.region import MINUTE, NOW, Region, at_once, cookie

HUB = "https://hub.example"
WEST = "https://id.west.example"
SOUTH = "https://id.south.example"
FED = f"{WEST}/fed"
BROKER = f"{WEST}/rp"
APP = "https://health.west.example"
NOTHING = Ended()
EVENTS = Statement(select(audit_events))
LOGOUTS = Statement(select(logouts))


@pytest.fixture
def withdrawals(region: Region) -> Withdrawals:
    return region.stores.withdrawals


def visitor(region: Region, name: str = "bo", home: str | None = WEST, **changes: Any) -> Session:
    """Somebody who is signed in here by their home region, or by us."""
    account = region.add_account(name)
    return region.add_session(account, name, home_iss=home, **{"amr": ("user",), **changes})


def is_signed_in(region: Region, name: str) -> bool:
    return region.stores.sessions.find(cookie(name), now=NOW) is not None


def is_live(region: Region, name: str) -> bool:
    return region.stores.grants.find_live(f"gr_{name}", "jti", now=NOW) is not None


def registered(region: Region, client_id: str, superior: str = FED, kid: str = "west-1") -> None:
    client = replace(region.add_client(f"model of {client_id}"), client_id=client_id, region=superior)
    region.stores.federated_clients.register(
        FederatedRegistration(
            client=client,
            registered_by=RegisteredBy.AUTOMATIC,
            trust_anchor=HUB,
            signers=((client_id, "own"), (superior, kid), (HUB, "hub-1")),
            registered_at=NOW,
            expires_at=NOW + timedelta(hours=1),
        ),
        ConfigurationTimes(NOW, NOW),
    )


def asking(client_id: str) -> Parameters:
    return Parameters.from_pairs([("client_id", client_id), ("state", BROKER)])


def test_everything_that_hangs_from_a_home_region_ends(region: Region, withdrawals: Withdrawals) -> None:
    region.add_client()
    guest = visitor(region)
    region.add_grant("online", guest, home_iss=WEST)
    region.add_grant("offline", guest, home_iss=WEST, offline=True, refresh="a refresh token")
    region.add_code("waiting", guest, home_iss=WEST)
    attempt(region, WEST)

    ended = withdrawals.end_home(WEST, 0, now=NOW)

    assert ended == Ended(sessions=1, grants=2, under_way=2)
    assert not is_signed_in(region, "bo")
    assert not is_live(region, "online")
    assert not is_live(region, "offline")
    assert region.stores.codes.find(digest("waiting")) is None
    assert not is_answerable(region, WEST)
    found = region.stores.grants.find_refresh_token(digest("a refresh token"), now=NOW)
    assert found is not None
    assert not found.is_grant_live


def test_nobody_else_notices(region: Region, withdrawals: Withdrawals) -> None:
    region.add_client()
    for name, home in (("local", None), ("southern", SOUTH)):
        session = visitor(region, name, home)
        region.add_grant(f"of_{name}", session, home_iss=home)
    visitor(region)
    attempt(region, SOUTH)

    withdrawals.end_home(WEST, 0, now=NOW)

    for name in ("local", "southern"):
        assert is_signed_in(region, name)
        assert is_live(region, f"of_{name}")
    assert is_answerable(region, SOUTH)


def test_mini_apps_of_the_sessions_that_end_are_told(region: Region, withdrawals: Withdrawals) -> None:
    region.add_client(backchannel_logout_uri="https://tax.example/signed-out")
    for name, home in (("bo", WEST), ("local", None)):
        session = visitor(region, name, home)
        region.add_grant(f"of_{name}", session, home_iss=home)

    withdrawals.end_home(WEST, 0, now=NOW)
    withdrawals.end_home(WEST, 0, now=NOW + MINUTE)

    assert [row.session_id for row in region.database.all(LOGOUTS)] == ["bo"]


def test_a_lower_ceiling_ends_what_is_above_it(region: Region, withdrawals: Withdrawals) -> None:
    region.add_client()
    for name, level in (("plain", AcrLevel.ONE_FACTOR), ("strong", AcrLevel.STRONGEST)):
        session = visitor(region, name, level=level)
        region.add_grant(f"of_{name}", session, home_iss=WEST, level=level)

    withdrawals.end_home(WEST, int(AcrLevel.TWO_FACTORS), now=NOW)

    assert [is_signed_in(region, name) for name in ("plain", "strong")] == [True, False]
    assert [is_live(region, name) for name in ("of_plain", "of_strong")] == [True, False]


def test_an_ending_is_made_once_and_written_down_once(region: Region, withdrawals: Withdrawals) -> None:
    visitor(region)

    ended = at_once(4, lambda _: withdrawals.end_home(WEST, 0, now=NOW))

    assert sorted(one.sessions for one in ended) == [0, 0, 0, 1]
    assert withdrawals.end_home(WEST, 0, now=NOW + MINUTE) == NOTHING
    assert events(region) == [(EventKind.TRUST_WITHDRAWN.value, WEST)]


def test_homes_are_those_that_something_hangs_from(region: Region, withdrawals: Withdrawals) -> None:
    assert withdrawals.homes() == frozenset()

    visitor(region)
    attempt(region, SOUTH)
    assert withdrawals.homes() == {WEST, SOUTH}

    assert [withdrawals.has_open(home) for home in (WEST, SOUTH)] == [True, False]
    withdrawals.end_home(WEST, 0, now=NOW)
    assert not withdrawals.has_open(WEST)


def test_the_clients_of_a_region_end_with_all_they_have_under_way(
    region: Region, withdrawals: Withdrawals
) -> None:
    registered(region, APP)
    person = region.add_session(region.add_account())
    region.add_grant("app", person, client_id=APP)
    region.add_code("of_app", person, client_id=APP)
    region.add_pushed("pushed", client_id=APP, parameters=asking(APP))
    region.add_transaction(parameters=asking(APP))

    ended = withdrawals.end_clients_of(FED, now=NOW)

    assert ended == Ended(grants=1, under_way=3, registrations=1)
    assert region.stores.federated_clients.find(APP) is None
    assert not is_live(region, "app")
    assert region.stores.codes.find(digest("of_app")) is None
    assert not region.stores.pushed_requests.consume(digest("pushed"), now=NOW)
    assert not region.stores.transactions.finish("tx_first", now=NOW)
    assert is_signed_in(region, "first")
    assert withdrawals.end_clients_of(FED, now=NOW) == NOTHING


def test_the_clients_of_others_stay(region: Region, withdrawals: Withdrawals) -> None:
    registered(region, APP)
    registered(region, "https://tax.south.example", f"{SOUTH}/fed")
    region.add_client()
    region.add_pushed()
    region.add_transaction()

    withdrawals.end_clients_of(FED, now=NOW)

    assert region.stores.federated_clients.find("https://tax.south.example") is not None
    assert region.stores.pushed_requests.consume(digest("pushed"), now=NOW)
    assert region.stores.transactions.finish("tx_first", now=NOW)
    assert withdrawals.superiors() == {FED, f"{SOUTH}/fed"}


def test_a_broker_without_a_registration_is_a_client_of_its_region(
    region: Region, withdrawals: Withdrawals
) -> None:
    broker = replace(region.add_client("a model"), client_id=BROKER, region=FED)
    region.stores.federated_clients.place(broker, now=NOW)
    region.add_pushed("pushed", client_id=BROKER, parameters=asking(BROKER))

    withdrawals.end_clients_of(FED, now=NOW)

    assert not region.stores.pushed_requests.consume(digest("pushed"), now=NOW)


def test_a_stolen_key_ends_what_it_may_have_opened_and_nothing_before(
    region: Region, withdrawals: Withdrawals
) -> None:
    earlier = NOW - 2 * MINUTE
    visitor(region, "before", auth_time=earlier, created_at=earlier)
    visitor(region, "since", auth_time=NOW, created_at=earlier)
    visitor(region, "dated back", auth_time=earlier, created_at=NOW)

    ended = withdrawals.end_theft(WEST, "stolen", NOW - MINUTE, now=NOW)

    assert ended.sessions == 2
    found = [is_signed_in(region, name) for name in ("before", "since", "dated back")]
    assert found == [True, False, False]


def test_a_stolen_key_has_its_consequences_once(region: Region, withdrawals: Withdrawals) -> None:
    """People sign in again with the next key while the list still names the stolen one."""
    withdrawals.end_theft(WEST, "stolen", NOW, now=NOW)
    visitor(region, "later", auth_time=NOW + MINUTE)

    assert withdrawals.end_theft(WEST, "stolen", NOW, now=NOW + MINUTE) == NOTHING
    assert is_signed_in(region, "later")
    assert withdrawals.end_theft(WEST, "another", NOW, now=NOW + MINUTE).sessions == 1


def test_a_stolen_federation_key_takes_the_registrations_along_that_it_signed(
    region: Region, withdrawals: Withdrawals
) -> None:
    registered(region, APP)
    registered(region, "https://other.west.example", kid="west-2")

    ended = withdrawals.end_theft(FED, "west-1", NOW, now=NOW)

    assert ended.registrations == 1
    assert region.stores.federated_clients.find(APP) is None
    assert region.stores.federated_clients.find("https://other.west.example") is not None


def test_a_stolen_key_of_a_broker_drops_what_it_asked_for(region: Region, withdrawals: Withdrawals) -> None:
    broker = replace(region.add_client("a model"), client_id=BROKER, region=FED)
    region.stores.federated_clients.place(broker, now=NOW)
    region.add_pushed("pushed", client_id=BROKER, parameters=asking(BROKER))

    withdrawals.end_theft(BROKER, "stolen", NOW, now=NOW)

    assert not region.stores.pushed_requests.consume(digest("pushed"), now=NOW)


def attempt(region: Region, home: str) -> None:
    UpstreamAttemptRepository(region.database).add(
        digest("a state of " + home),
        UpstreamAttempt(
            browser_digest=digest("a browser"),
            home_iss=home,
            nonce_digest=digest("a nonce"),
            secrets_sealed=b"sealed",
            required_acr=None,
            authenticated_after=None,
            created_at=NOW,
            expires_at=NOW + MINUTE,
        ),
    )


def is_answerable(region: Region, home: str) -> bool:
    return UpstreamAttemptRepository(region.database).consume(digest("a state of " + home), now=NOW)


def events(region: Region) -> list[tuple[str, str]]:
    return [(row.kind, row.subject) for row in region.database.all(EVENTS)]


def test_qr_codes_of_a_lost_session_and_of_a_lost_client_close(
    region: Region, withdrawals: Withdrawals
) -> None:
    registered(region, APP)
    phone = visitor(region)
    store = region.stores.qr_sign_ins
    for sign_in_id, client_id in (("qr_shown", APP), ("qr_claimed", None), ("qr_other", None)):
        screen = screen_of(f"tx_{sign_in_id}", "br_first")
        store.add(QrSignIn(sign_in_id, screen, client_id, "192.0.2.7", "a browser", NOW, NOW + MINUTE))
    assert store.claim("qr_claimed", Phone(phone.account_id, phone.id), expires_at=NOW + MINUTE, now=NOW)

    withdrawals.end_home(WEST, 0, now=NOW)
    withdrawals.end_clients_of(FED, now=NOW)

    states = [getattr(store.find(one), "state", None) for one in ("qr_shown", "qr_claimed", "qr_other")]
    assert [type(state) for state in states] == [Cancelled, Cancelled, Waiting]
