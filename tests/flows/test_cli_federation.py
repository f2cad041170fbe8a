"""Whom a region vouches for, and trust marks, from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import signatures
from idp.federation.addresses import WELL_KNOWN
from idp.federation.issuing import configuration_claims
from idp.foundation.events import EventKind
from tests.flows.cli_region import CliRegion
from tests.support.federation import Key, compact, jwks_of, new_key
from tests.support.published import claims_of, header_of
from tests.verifier.hub import Answer, Hub, serving

ISSUER = "http://east.id.localhost:18549"
FED = f"{ISSUER}/fed"
APP = "https://health.east.example"
TYPE = "https://hub.example/marks/inspected"


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    environment = {"IDP_MINI_APP_DOMAINS": ".east.example,health.apps.localhost"}
    return CliRegion(tmp_path, environment).migrated(sqlite_template)


@pytest.fixture
def key() -> Key:
    return new_key()


@pytest.fixture
def jwks(tmp_path: Path, key: Key) -> str:
    return written(tmp_path / "keys.json", jwks_of(key))


@pytest.fixture
def enrolled(region: CliRegion, jwks: str) -> CliRegion:
    region.done("federation", "enrol", APP, "--jwks", jwks, "--type", "openid_relying_party", "--yes")
    return region


def written(path: Path, content: Any) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def refused(region: CliRegion, *arguments: str, typed: str | None = None) -> str:
    result = region.idp("federation", *arguments, typed=typed)
    assert result.exit_code == 1, result.output
    return result.stderr


def events(region: CliRegion, kind: EventKind) -> list[str]:
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{region.database}")
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT subject FROM audit_events WHERE kind = :kind"), {"kind": str(kind)}
        )
        found = [row.subject for row in rows]
    engine.dispose()
    return found


# --- entities


def test_an_entity_is_vouched_for_with_the_keys_of_a_file(enrolled: CliRegion, key: Key) -> None:
    said = json.loads(enrolled.done("federation", "statement", APP))

    assert said["header"]["typ"] == "entity-statement+jwt"
    assert said["claims"]["iss"] == FED
    assert said["claims"]["sub"] == APP
    assert said["claims"]["jwks"] == jwks_of(key)
    assert said["claims"]["constraints"] == {
        "max_path_length": 0,
        "allowed_entity_types": ["openid_relying_party"],
    }
    assert [one["entity"] for one in enrolled.json("federation", "list")] == [APP]
    assert enrolled.json("federation", "show", APP)["state"] == "active"
    assert events(enrolled, EventKind.SUBORDINATE_CHANGED) == [f"{APP} enrolled"]


def test_nobody_is_enrolled_before_the_thumbprints_were_compared(
    region: CliRegion, jwks: str, key: Key
) -> None:
    arguments = ("federation", "enrol", APP, "--jwks", jwks, "--type", "openid_relying_party")

    result = region.idp(*arguments, typed="n\n")

    assert result.exit_code == 1
    assert key.thumbprint() in result.stderr
    assert region.json("federation", "list") == []
    assert region.idp(*arguments, typed="y\n").exit_code == 0
    assert len(region.json("federation", "list")) == 1


def test_terms_come_from_files(region: CliRegion, jwks: str, tmp_path: Path) -> None:
    policy = {"openid_relying_party": {"scope": {"subset_of": ["openid"]}}}
    metadata = {"openid_relying_party": {"organization_name": "East Health"}}
    region.done(
        *("federation", "enrol", APP, "--jwks", jwks, "--type", "openid_relying_party", "--yes"),
        *("--policy", written(tmp_path / "policy.json", policy)),
        *("--metadata", written(tmp_path / "metadata.json", metadata)),
        *("--constraints", written(tmp_path / "constraints.json", {"max_path_length": 3})),
    )

    claims = json.loads(region.done("federation", "statement", APP))["claims"]

    assert claims["metadata_policy"] == policy
    assert claims["metadata"] == metadata
    assert claims["constraints"] == {"max_path_length": 3}


def test_a_department_may_have_leaves_below_it(region: CliRegion, jwks: str) -> None:
    region.done(
        *("federation", "enrol", APP, "--jwks", jwks, "--type", "federation_entity", "--intermediate"),
        "--yes",
    )

    claims = json.loads(region.done("federation", "statement", APP))["claims"]

    assert claims["constraints"] == {"max_path_length": 1}


@pytest.mark.parametrize(
    ("entity", "options", "reason"),
    [
        (APP, [], "entity has types"),
        (APP, ["--type", "Not A Type"], "entity has types"),
        ("https://health.west.example", ["--type", "oauth_client"], "not among the permitted names"),
        ("https://east.example", ["--type", "oauth_client"], "not among the permitted names"),
        ("http://health.east.example", ["--type", "oauth_client"], "entity id is an https address"),
        ("health", ["--type", "oauth_client"], "entity id"),
        (ISSUER, ["--type", "openid_provider"], "one of our own entities"),
        (FED, ["--type", "federation_entity"], "one of our own entities"),
        (f"{ISSUER}/rp", ["--type", "openid_relying_party"], "one of our own entities"),
    ],
)
def test_whoever_cannot_be_vouched_for_is_refused(
    region: CliRegion, jwks: str, entity: str, options: list[str], reason: str
) -> None:
    said = refused(region, "enrol", entity, "--jwks", jwks, *options, "--yes")

    assert reason in " ".join(said.split())
    assert region.json("federation", "list") == []


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": []},
        {"keys": "x"},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "1"}]},
        {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1"}]},
        {"keys": [7]},
        [],
        "not JSON",
    ],
    ids=str,
)
def test_keys_that_are_none_are_refused(region: CliRegion, tmp_path: Path, keys: Any) -> None:
    file = written(tmp_path / "bad.json", keys)

    assert refused(region, "enrol", APP, "--jwks", file, "--type", "openid_relying_party", "--yes")


def test_a_private_key_in_the_file_is_refused(region: CliRegion, tmp_path: Path, key: Key) -> None:
    private = {"keys": [{**key.as_dict(private=True), "kid": "1"}]}
    file = written(tmp_path / "private.json", private)

    said = refused(region, "enrol", APP, "--jwks", file, "--type", "openid_relying_party", "--yes")

    assert "private" in said


@pytest.mark.parametrize("value", [2**70, "\ud800"], ids=["a number", "half a character"])
def test_terms_that_no_statement_can_carry_are_refused(
    region: CliRegion, jwks: str, tmp_path: Path, value: Any
) -> None:
    metadata = written(tmp_path / "metadata.json", {"openid_relying_party": {"x": value}})
    terms = ("--type", "openid_relying_party", "--metadata", metadata)

    said = refused(region, "enrol", APP, "--jwks", jwks, *terms, "--yes")

    assert "no statement can be made" in said.lower()
    assert region.json("federation", "list") == []


def test_where_the_keys_come_from_is_said_once(region: CliRegion, jwks: str) -> None:
    assert "either --jwks FILE or --fetch" in refused(region, "enrol", APP)
    assert "either" in refused(region, "enrol", APP, "--jwks", jwks, "--fetch")


def test_suspending_restoring_and_removing(enrolled: CliRegion, tmp_path: Path) -> None:
    enrolled.done("federation", "suspend", APP)
    assert "we vouch for no" in refused(enrolled, "statement", APP)[:100].lower()
    assert "suspended" in refused(enrolled, "suspend", APP)

    enrolled.done("federation", "restore", APP)
    assert enrolled.done("federation", "statement", APP)

    enrolled.done("federation", "remove", APP, "--yes")
    assert "removed" in refused(enrolled, "restore", APP)
    assert enrolled.json("federation", "show", APP)["state"] == "removed"

    new = written(tmp_path / "new.json", jwks_of(new_key()))
    enrolled.done("federation", "enrol", APP, "--jwks", new, "--type", "openid_relying_party", "--yes")
    assert enrolled.json("federation", "show", APP)["state"] == "active"
    assert events(enrolled, EventKind.SUBORDINATE_CHANGED) == [
        f"{APP} {what}" for what in ("enrolled", "suspended", "active", "removed", "enrolled")
    ]


def test_whoever_was_removed_does_not_come_back_with_an_old_key(
    enrolled: CliRegion, tmp_path: Path, key: Key
) -> None:
    """Under another name, or beside a new one, it is still the same key."""
    enrolled.done("federation", "remove", APP, "--yes")
    renamed = {**jwks_of(key)["keys"][0], "kid": "another-name"}

    for keys in ({"keys": [renamed]}, jwks_of(new_key(), key)):
        file = written(tmp_path / "old.json", keys)
        said = refused(enrolled, "enrol", APP, "--jwks", file, "--type", "openid_relying_party", "--yes")
        assert "new keys" in said

    assert enrolled.json("federation", "show", APP)["state"] == "removed"


def test_keys_change_by_enrolling_anew(enrolled: CliRegion, tmp_path: Path, key: Key) -> None:
    """§11: present and next key together, for as long as the change takes."""
    both = jwks_of(key, new_key())

    enrolled.done(
        *("federation", "enrol", APP, "--jwks", written(tmp_path / "both.json", both)),
        *("--type", "openid_relying_party", "--yes"),
    )

    assert json.loads(enrolled.done("federation", "statement", APP))["claims"]["jwks"] == both


def test_nobody_unknown_is_shown_or_moved(region: CliRegion) -> None:
    for command in ("show", "suspend", "restore"):
        assert "nobody was enrolled" in refused(region, command, APP).lower()


@pytest.mark.parametrize("entity", [ISSUER, FED, f"{ISSUER}/rp"])
def test_what_our_own_entities_say_can_be_read(region: CliRegion, entity: str) -> None:
    claims = json.loads(region.done("federation", "statement", entity))["claims"]

    assert claims["iss"] == claims["sub"] == entity
    encoded = region.done("federation", "statement", entity, "--encoded").strip()
    assert header_of(encoded)["typ"] == "entity-statement+jwt"


def test_a_hub_vouches_for_whoever_belongs_to_no_region(region: CliRegion, jwks: str) -> None:
    """Under any name; and it says who may give marks."""
    region.environment["IDP_ROLE"] = "hub"
    auditor = "https://auditor.example"

    region.done("federation", "enrol", auditor, "--jwks", jwks, "--type", "federation_entity", "--yes")
    region.done("federation", "mark", "define", TYPE, "--issuer", ISSUER)

    about = json.loads(region.done("federation", "statement", auditor))["claims"]
    assert (about["iss"], about["constraints"]["allowed_entity_types"]) == (ISSUER, [])
    own = json.loads(region.done("federation", "statement", ISSUER))["claims"]
    assert own["trust_mark_issuers"] == {TYPE: [ISSUER]}
    assert "authority_hints" not in own
    assert "we vouch for no" in refused(region, "statement", FED).lower()


# --- entities that publish


@pytest.fixture
def server() -> Iterator[Hub]:
    with serving() as running:
        yield running


def health_of(server: Hub) -> str:
    return server.address.replace("127.0.0.1", "health.apps.localhost")


def publish(server: Hub, key: Key, *, signer: Key | None = None, **changes: Any) -> str:
    """Have an entity publish a configuration, perhaps a bad one; its entity id."""
    entity = health_of(server)
    now = changes.pop("now", datetime.now(UTC))
    claims = {
        **configuration_claims(
            entity=entity,
            jwks=jwks_of(key),
            now=now,
            metadata={"openid_relying_party": {"redirect_uris": [f"{entity}/callback"]}},
            authority_hints=[FED],
        ),
        **changes,
    }
    header = {"alg": "ES256", "typ": "entity-statement+jwt", "kid": key.thumbprint()}
    headers = {"Content-Type": "application/entity-statement+jwt"}
    server.answers[WELL_KNOWN] = Answer(body=compact(header, claims, signer or key, "ES256"), headers=headers)
    return entity


def test_the_keys_that_an_entity_publishes_are_taken_after_comparing(
    region: CliRegion, server: Hub, key: Key
) -> None:
    entity = publish(server, key)

    result = region.idp("federation", "enrol", entity, "--fetch", typed="y\n")

    assert result.exit_code == 0, result.output
    assert key.thumbprint() in result.stderr
    shown = region.json("federation", "show", entity)
    assert shown["types"] == ["openid_relying_party"]
    assert shown["keys"] == [key.thumbprint()]


def test_a_configuration_that_proves_nothing_is_refused(region: CliRegion, server: Hub, key: Key) -> None:
    entity = health_of(server)
    cases: list[tuple[str, dict[str, Any]]] = [
        ("signature", {"signer": new_key()}),
        ("another entity", {"iss": APP, "sub": APP}),
        ("authority_hints", {"authority_hints": ["https://west.example/fed"]}),
        ("expired", {"now": datetime(2020, 1, 1, tzinfo=UTC)}),
        ("cannot be used", {"jwks": {"keys": []}}),
    ]
    for reason, changes in cases:
        publish(server, key, **changes)
        said = " ".join(refused(region, "enrol", entity, "--fetch", "--yes").split())
        assert reason in said, changes
    server.answers.clear()
    assert "answered 404" in " ".join(refused(region, "enrol", entity, "--fetch", "--yes").split())
    assert region.json("federation", "list") == []


# --- trust marks


def test_a_mark_is_given_shown_and_taken_back(region: CliRegion) -> None:
    token = region.done("federation", "mark", "issue", TYPE, ISSUER, "--days", "7").strip()

    claims = claims_of(token)
    assert (claims["iss"], claims["sub"], claims["trust_mark_type"]) == (FED, ISSUER, TYPE)
    assert claims["exp"] - claims["iat"] == 7 * 24 * 3600
    configuration = json.loads(region.done("federation", "statement", ISSUER))["claims"]
    assert configuration["trust_marks"] == [{"trust_mark_type": TYPE, "trust_mark": token}]

    region.done("federation", "mark", "revoke", TYPE, ISSUER, "--reason", "inspection failed")

    (shown,) = region.json("federation", "mark", "list")
    assert (shown["status"], shown["reason"]) == ("revoked", "inspection failed")
    assert "trust_marks" not in json.loads(region.done("federation", "statement", ISSUER))["claims"]
    assert "no such mark" in refused(region, "mark", "revoke", TYPE, ISSUER)
    assert events(region, EventKind.TRUST_MARK_CHANGED) == [
        f"{TYPE} given to {ISSUER}",
        f"{TYPE} taken from {ISSUER}",
    ]


def test_a_mark_lasts_for_thirty_days_at_most(region: CliRegion) -> None:
    assert region.idp("federation", "mark", "issue", TYPE, APP, "--days", "31").exit_code == 2
    assert region.idp("federation", "mark", "issue", TYPE, APP, "--days", "0").exit_code == 2
    assert refused(region, "mark", "issue", "not an address", APP)
    assert refused(region, "mark", "issue", TYPE, "not an entity")


def test_a_mark_from_elsewhere_is_carried_by_who_it_is_for(
    region: CliRegion, tmp_path: Path, key: Key
) -> None:
    now = int(datetime.now(UTC).timestamp())
    header = {"alg": "ES256", "typ": "trust-mark+jwt", "kid": key.thumbprint()}
    claims = {
        "iss": "https://hub.example",
        "sub": ISSUER,
        "trust_mark_type": TYPE,
        "iat": now,
        "exp": now + 3600,
    }
    token = compact(header, claims, key, "ES256")
    file = written(tmp_path / "mark.jwt", token)

    region.done("federation", "mark", "carry", file)

    configuration = json.loads(region.done("federation", "statement", ISSUER))["claims"]
    assert configuration["trust_marks"] == [{"trust_mark_type": TYPE, "trust_mark": token}]
    assert "kept already" in refused(region, "mark", "carry", file)
    for changed in ({"sub": APP}, {"exp": now - 1}, {"exp": None}):
        bad = written(tmp_path / "bad.jwt", compact(header, {**claims, **changed}, key, "ES256"))
        assert refused(region, "mark", "carry", bad)
    assert refused(region, "mark", "carry", written(tmp_path / "none.jwt", "not a mark"))


def test_marks_that_no_configuration_could_carry_are_refused(
    region: CliRegion, tmp_path: Path, key: Key
) -> None:
    """It would be too large to be read, and the entity unknown to everybody."""
    now = int(datetime.now(UTC).timestamp())
    header = {"alg": "ES256", "typ": "trust-mark+jwt", "kid": key.thumbprint()}
    said = ""
    for number in range(8):
        claims = {
            "iss": "https://hub.example",
            "sub": ISSUER,
            "trust_mark_type": f"{TYPE}/{number}",
            "iat": now,
            "exp": now + 3600,
            "ref": "x" * 22_000,
        }
        file = written(tmp_path / "mark.jwt", compact(header, claims, key, "ES256"))
        result = region.idp("federation", "mark", "carry", file)
        said = result.stderr
        if result.exit_code:
            break

    assert "too large" in said
    assert json.loads(region.done("federation", "statement", ISSUER))["claims"]["trust_marks"]


def test_an_anchor_says_who_may_give_what(region: CliRegion, tmp_path: Path, key: Key) -> None:
    """A region by itself is its own anchor."""
    owner = written(tmp_path / "owner.json", jwks_of(key))

    region.done(
        *("federation", "mark", "define", TYPE, "--issuer", FED, "--owner", "https://owner.example"),
        *("--owner-jwks", owner),
    )

    claims = json.loads(region.done("federation", "statement", FED))["claims"]
    assert claims["trust_mark_issuers"] == {TYPE: [FED]}
    assert claims["trust_mark_owners"] == {TYPE: {"sub": "https://owner.example", "jwks": jwks_of(key)}}
    assert refused(region, "mark", "define", TYPE, "--issuer", "nobody")
    bad = written(tmp_path / "bad.json", "not JSON")
    with_owner = ("--issuer", FED, "--owner", "https://owner.example", "--owner-jwks")
    assert refused(region, "mark", "define", TYPE, *with_owner, bad)
    assert refused(region, "mark", "define", TYPE, *with_owner, written(tmp_path / "none.json", {}))
    assert refused(region, "mark", "define", TYPE, "--issuer", FED, "--owner", "https://owner.example")


def test_a_region_below_a_hub_does_not_say_who_may_give_marks(region: CliRegion, tmp_path: Path) -> None:
    region.environment["IDP_TRUST_ANCHOR"] = "http://hub.id.localhost:8000"
    region.environment["IDP_TRUST_KEYS_FILE"] = written(tmp_path / "hub.json", jwks_of(new_key()))

    assert "hub.id.localhost" in refused(region, "mark", "define", TYPE, "--issuer", FED)


def test_an_owner_lets_another_give_its_marks_which_carry_the_leave(
    region: CliRegion, tmp_path: Path, key: Key
) -> None:
    """§7.2.1: made by one, accepted by the other, and in every mark."""
    leave = region.done("federation", "delegate", TYPE, FED, "--days", "60").strip()
    assert header_of(leave)["typ"] == "trust-mark-delegation+jwt"
    keys = json.loads(region.done("federation", "statement", FED))["claims"]["jwks"]
    signatures.verified(leave, "trust-mark-delegation+jwt", keys, StatementSignatures())
    assert claims_of(leave)["sub"] == FED

    region.done("federation", "mark", "accept", written(tmp_path / "leave.jwt", leave))

    token = region.done("federation", "mark", "issue", TYPE, APP).strip()
    assert claims_of(token)["delegation"] == leave
    other = region.done("federation", "delegate", TYPE, APP).strip()
    assert "we are" in refused(region, "mark", "accept", written(tmp_path / "other.jwt", other))
    assert refused(region, "mark", "accept", written(tmp_path / "mark.jwt", token))
    short = region.done("federation", "delegate", TYPE, FED, "--days", "1").strip()
    region.done("federation", "mark", "accept", written(tmp_path / "short.jwt", short))
    assert "ends before" in " ".join(refused(region, "mark", "issue", TYPE, APP).split())
