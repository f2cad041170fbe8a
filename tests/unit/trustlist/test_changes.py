"""What the hub's list allows: active ⇄ suspended → removed, and back only as somebody new."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import (
    MAX_KEYS,
    Admit,
    Change,
    ChangeRefused,
    Remove,
    Restore,
    RevokeKey,
    SetCeiling,
    Suspend,
    Visited,
    changed,
)
from idp.trustlist.listing import FederationKey, TrustList, Vouched
from idp.trustlist.region_rules import constraints, metadata_policy
from idp.trustlist.seen import lag_of

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EAST, WEST = "https://east.example", "https://west.example"


def keys(*names: str) -> tuple[FederationKey, ...]:
    return tuple(FederationKey(name, {"kid": name}) for name in names)


def vouched(meaning: str = "said", **changes: object) -> Vouched:
    provider = {"issuer": EAST, "jwks": {"keys": [{"kid": "token key"}]}}
    known = Vouched("op", "rp", provider, {"jwks": {"keys": []}}, meaning, NOW + HOUR, NOW + 2 * HOUR)
    return replace(known, **changes)  # type: ignore[arg-type]


def admit(op: str = EAST, *names: str) -> Admit:
    return Admit(op, {"en": "East"}, AcrLevel.STRONGEST, (), keys(*(names or ("first",))), vouched())


def after(*changes: Change) -> TrustList:
    listed = TrustList()
    for change in changes:
        listed = changed(listed, change, now=NOW)
    return listed


LISTED = admit()
SUSPENDED = (LISTED, Suspend(EAST, "review"))
REMOVED = (LISTED, Remove(EAST, "superseded"))


@pytest.mark.parametrize(
    ("before", "change", "status"),
    [
        ((), LISTED, "active"),
        ((LISTED,), Suspend(EAST, "review"), "suspended"),
        (SUSPENDED, Restore(EAST), "active"),
        (SUSPENDED, Remove(EAST, "review"), "removed"),
        ((LISTED,), Remove(EAST, "key_compromise"), "removed"),
        (REMOVED, admit(EAST, "second"), "active"),
        (SUSPENDED, admit(EAST, "second"), "active"),
    ],
)
def test_what_may_follow(before: tuple[Change, ...], change: Change, status: str) -> None:
    region = after(*before, change).find(EAST)

    assert region is not None
    assert (region.status, region.since) == (RegionStatus(status), NOW)


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ((), Suspend(EAST, "review")),
        ((LISTED,), LISTED),
        ((LISTED,), admit(EAST, "second")),
        ((LISTED,), Restore(EAST)),
        ((LISTED,), Suspend(EAST, "because")),
        ((LISTED,), Suspend(EAST, "")),
        (SUSPENDED, Suspend(EAST, "review")),
        (REMOVED, Restore(EAST)),
        (REMOVED, Suspend(EAST, "review")),
        (REMOVED, Remove(EAST, "review")),
        (REMOVED, LISTED),
        (REMOVED, admit(EAST, "second", "first")),
        (REMOVED, Visited(EAST, keys("first"), vouched())),
        ((LISTED,), admit(WEST, "first")),
        ((), Admit(EAST, {}, AcrLevel.STRONGEST, (), (), vouched())),
        ((), admit(EAST, *map(str, range(MAX_KEYS + 1)))),
        ((LISTED,), RevokeKey(EAST, "unknown", "compromised")),
        ((LISTED,), RevokeKey(EAST, "token key", "lost")),
        ((LISTED,), RevokeKey(WEST, "token key", "compromised")),
        ((LISTED, RevokeKey(EAST, "token key", "superseded")), RevokeKey(EAST, "token key", "compromised")),
        ((LISTED, RevokeKey(f"{EAST}/fed", "first", "compromised")), admit(EAST, "first")),
        ((LISTED, RevokeKey(f"{EAST}/fed", "first", "compromised")), Restore(EAST)),
    ],
)
def test_what_may_not(before: tuple[Change, ...], change: Change) -> None:
    listed = after(*before)

    with pytest.raises(ChangeRefused):
        changed(listed, change, now=NOW)


def test_a_list_is_in_order_of_names_whoever_came_first() -> None:
    listed = after(admit(WEST, "west"), admit(EAST, "east"))

    assert [region.op for region in listed.regions] == [EAST, WEST]


def test_a_ceiling_changes_nothing_else() -> None:
    listed = after(LISTED, SetCeiling(EAST, AcrLevel.ONE_FACTOR))

    region, before = listed.find(EAST), after(LISTED).find(EAST)
    assert region is not None
    assert before is not None
    assert region == replace(before, ceiling=AcrLevel.ONE_FACTOR)


class TestVisits:
    """What a region says of itself flows in; what it gave up stays given up."""

    def test_the_same_words_change_nothing_until_it_is_time(self) -> None:
        listed = after(LISTED)
        again = Visited(EAST, keys("first"), vouched(op_statement="signed later"))

        assert changed(listed, again, now=NOW + HOUR / 2) is listed
        renewed = changed(listed, again, now=NOW + HOUR).find(EAST)
        assert renewed is not None
        assert renewed.vouched.op_statement == "signed later"

    def test_other_words_count_at_once(self) -> None:
        listed = changed(after(LISTED), Visited(EAST, keys("first"), vouched("other")), now=NOW)

        region = listed.find(EAST)
        assert region is not None
        assert region.vouched.meaning == "other"

    def test_keys_follow_one_another_and_none_comes_back(self) -> None:
        listed = after(
            LISTED,
            Visited(EAST, keys("first", "second"), vouched()),
            Visited(EAST, keys("second"), vouched()),
            Visited(EAST, keys("first", "second", "third"), vouched()),
        )

        region = listed.find(EAST)
        assert region is not None
        assert [key["kid"] for key in region.jwks["keys"]] == ["second", "third"]
        assert [key.thumbprint for key in region.keys if key.is_former] == ["first"]

    def test_a_revoked_key_is_not_taken_back(self) -> None:
        listed = after(
            LISTED,
            Visited(EAST, keys("first", "second"), vouched()),
            RevokeKey(f"{EAST}/fed", "first", "compromised"),
            Visited(EAST, keys("first", "second"), vouched()),
        )

        region = listed.find(EAST)
        assert region is not None
        assert [key["kid"] for key in region.jwks["keys"]] == ["second"]
        assert region.status is RegionStatus.ACTIVE

    def test_a_region_without_any_good_key_is_not_followed(self) -> None:
        listed = after(LISTED, Visited(EAST, keys("second"), vouched()))

        with pytest.raises(ChangeRefused):
            changed(listed, Visited(EAST, keys("first"), vouched()), now=NOW)
        with pytest.raises(ChangeRefused):
            changed(after(LISTED, admit(WEST, "west")), Visited(EAST, keys("west"), vouched()), now=NOW)


def test_a_region_may_name_its_own_host_what_is_below_and_its_domains() -> None:
    rules = constraints("https://east.example:8001", (".apps.example", "tax.example"))

    assert rules["naming_constraints"]["permitted"] == [
        "east.example",
        ".east.example",
        ".apps.example",
        "tax.example",
    ]


def test_policy_only_restricts() -> None:
    """An operator that sets a value would put words into a region's mouth."""
    operators = {
        operator
        for parameters in metadata_policy(["one"]).values()
        for rules in parameters.values()
        for operator in rules
    }

    assert operators <= {"subset_of", "superset_of", "one_of", "essential"}


@pytest.mark.parametrize(
    ("honoured", "since", "lag"),
    [(None, None, None), (3, None, 0), (3, NOW - HOUR, 3600), (3, NOW + HOUR, 0)],
)
def test_a_lag_is_never_negative(honoured: int | None, since: datetime | None, lag: int | None) -> None:
    found = lag_of(honoured, since, now=NOW)

    assert found == (None if lag is None else timedelta(seconds=lag))
