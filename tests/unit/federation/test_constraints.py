"""What a superior allows below itself. OpenID Federation 1.0 §6.2; RFC 5280 §4.2.1.10."""

from __future__ import annotations

from typing import Any

import pytest

from idp.federation.constraints import ConstraintError, allowed_types, host_of, require

APP = "https://tax.east.example.cn"


def _named(**rules: list[str]) -> dict[str, Any]:
    return {"naming_constraints": rules}


def _holds(constraints: dict[str, Any], *subjects: str, below: int = 0) -> bool:
    try:
        require(constraints, intermediates_below=below, subjects_below=subjects)
    except ConstraintError:
        return False
    return True


@pytest.mark.parametrize(("limit", "below"), [(0, 0), (1, 0), (1, 1), (2, 2)])
def test_a_chain_as_long_as_allowed_holds(limit: int, below: int) -> None:
    assert _holds({"max_path_length": limit}, APP, below=below)


@pytest.mark.parametrize(("limit", "below"), [(0, 1), (1, 2), (2, 3)])
def test_a_chain_one_longer_than_allowed_does_not(limit: int, below: int) -> None:
    """Off by one in either direction locks a region out or lets one more authority in."""
    assert not _holds({"max_path_length": limit}, APP, below=below)


@pytest.mark.parametrize("limit", [-1, True, 1.0, "1", None, [1]])
def test_a_length_that_is_no_number_allows_nothing(limit: object) -> None:
    assert not _holds({"max_path_length": limit}, APP)


def test_without_constraints_everything_holds() -> None:
    assert _holds({}, APP, "https://anything.example", below=9)


def test_a_constraint_nobody_knows_is_passed_over() -> None:
    assert _holds({"max_age_of_the_minister": 70}, APP)


@pytest.mark.parametrize(
    ("name", "entity_id"),
    [
        (".east.example.cn", "https://tax.east.example.cn"),
        (".east.example.cn", "https://a.b.east.example.cn/rp"),
        (".east.example.cn", "https://TAX.East.Example.CN"),
        (".EAST.example.cn", "https://tax.east.example.cn"),
        (".east.example.cn", "https://tax.east.example.cn:8443"),
        ("east.example.cn", "https://east.example.cn/fed"),
        (".xn--fiqs8s", "https://gov.xn--fiqs8s"),
        ("id.localhost", "http://id.localhost:8000"),
    ],
)
def test_a_host_within_a_permitted_name_holds(name: str, entity_id: str) -> None:
    assert _holds(_named(permitted=[name]), entity_id)


@pytest.mark.parametrize(
    ("name", "entity_id"),
    [
        (".east.example.cn", "https://east.example.cn"),
        (".east.example.cn", "https://evileast.example.cn"),
        (".east.example.cn", "https://east.example.cn.evil.org"),
        ("east.example.cn", "https://tax.east.example.cn"),
        ("east.example.cn", "https://evileast.example.cn"),
        (".east.example.cn", "https://evil.org/.east.example.cn"),
        (".east.example.cn", "https://evil.org/tax.east.example.cn"),
        (".xn--fiqs8s", "https://gov.cn"),
    ],
)
def test_a_host_that_only_looks_permitted_does_not(name: str, entity_id: str) -> None:
    assert not _holds(_named(permitted=[name]), entity_id)


@pytest.mark.parametrize(
    "entity_id",
    [
        "https://tax.east.example.cn.",  # the same host to DNS, another string to us
        "https://tax.east.example.cn@evil.org",
        "https://evil.org@tax.east.example.cn",
        "https://evil.org:443@tax.east.example.cn",
        "https://tax.east.example.cn:443:80",
        "https://tax.east.example.cn:",
        "https://tax.east.example.cn:٤٤٣",
        "https://evil.org%2etax.east.example.cn",
        "https://evil.org%2f.east.example.cn",
        "https://tax%2eeast.example.cn",
        "https://evil.org\\.east.example.cn",
        "https://evil.org?.east.example.cn",
        "https://evil.org#.east.example.cn",
        "https://tax.east.example.cn?x=1",
        "https://tax.east.example.cn#x",
        "https://tax..east.example.cn",
        "https://.east.example.cn",
        "https://-tax.east.example.cn",
        "https://政务.east.example.cn",
        "https://tax.east。example.cn",
        "https://tax.east.example.cn\n",
        " https://tax.east.example.cn",
        "https://tax .east.example.cn",
        "https://tax\t.east.example.cn",
        "//tax.east.example.cn",
        "https:tax.east.example.cn",
        "https:/tax.east.example.cn",
        "ftp://tax.east.example.cn",
        "HTTPS://tax.east.example.cn",
        "http://tax.east.example.cn",
        "http://localhost.east.example.cn",
        "tax.east.example.cn",
        "https://",
        "",
        "https://" + "a" * 64 + ".east.example.cn",
        "https://" + "a." * 130 + "east.example.cn",
        "https://tax.east.example.cn/" + "a" * 2048,
    ],
)
def test_a_spelling_that_two_readers_might_read_differently_is_no_entity_id(entity_id: str) -> None:
    """User name, port, percent sign, backslash, trailing dot, other scripts: the host must be beyond doubt."""
    with pytest.raises(ConstraintError):
        host_of(entity_id)

    assert not _holds(_named(permitted=[".east.example.cn"]), entity_id)
    assert not _holds(_named(excluded=[".evil.org"]), entity_id)


@pytest.mark.parametrize(
    "entity_id",
    [
        "https://10.0.0.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0x7f.1",
        "https://127.0.0.0x1",
        "https://[::1]",
        "https://[::ffff:10.0.0.1]",
    ],
)
def test_an_address_of_numbers_is_under_no_name(entity_id: str) -> None:
    """Rules about names say nothing of addresses, so an address would slip past every `excluded`."""
    assert not _holds(_named(excluded=[".evil.org"]), entity_id)


def test_an_excluded_name_wins_over_a_permitted_one() -> None:
    rules = _named(permitted=[".example.cn"], excluded=["east.example.cn", ".west.example.cn"])

    assert _holds(rules, "https://tax.east.example.cn")
    assert not _holds(rules, "https://east.example.cn")
    assert not _holds(rules, "https://EAST.example.cn:8443/fed")
    assert not _holds(rules, "https://a.west.example.cn")


def test_every_subject_below_is_looked_at() -> None:
    rules = _named(permitted=[".east.example.cn", "east.example.cn"])

    assert _holds(rules, "https://east.example.cn/fed", "https://tax.east.example.cn")
    assert not _holds(rules, "https://east.example.cn/fed", "https://tax.west.example.cn")
    assert not _holds(rules, "https://west.example.cn/fed", "https://tax.east.example.cn")


def test_an_empty_list_of_permitted_names_permits_none() -> None:
    assert not _holds(_named(permitted=[]), APP)
    assert _holds(_named(excluded=[]), APP)


@pytest.mark.parametrize("member", ["permitted", "excluded"])
@pytest.mark.parametrize(
    "name",
    [
        "https://east.example.cn",
        "*.example.cn",
        "east.example.cn:443",
        "east.example.cn.",
        "..example.cn",
        ".",
        "",
        "政务.cn",
        "10.0.0.1",
        7,
        None,
    ],
)
def test_a_rule_nobody_can_match_is_an_error(member: str, name: object) -> None:
    """As `excluded` it would exclude nothing, and nobody would notice."""
    assert not _holds({"naming_constraints": {member: [name]}}, APP)


@pytest.mark.parametrize("rules", ["east.example.cn", [".example.cn"], None, {"permitted": ".example.cn"}])
def test_rules_of_another_shape_are_an_error(rules: object) -> None:
    assert not _holds({"naming_constraints": rules}, APP)


def test_allowed_entity_types_always_leave_the_federation_entity() -> None:
    assert allowed_types({}) is None
    assert allowed_types({"allowed_entity_types": []}) == {"federation_entity"}
    assert allowed_types({"allowed_entity_types": ["openid_provider"]}) == {
        "federation_entity",
        "openid_provider",
    }


@pytest.mark.parametrize(
    "types", ["openid_provider", None, {"openid_provider": True}, ["openid_provider", 7]]
)
def test_allowed_entity_types_of_another_shape_are_an_error(types: object) -> None:
    with pytest.raises(ConstraintError, match="allowed_entity_types"):
        allowed_types({"allowed_entity_types": types})
