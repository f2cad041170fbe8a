"""A region's policy is read strictly: whatever is wrong with the file is said in words, and nothing is guessed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authn.assurance import Assurance, NothingProved
from idp.authn.assurance_policy import AssurancePolicy, BadPolicy
from idp.oidc.proofs import Property
from idp.oidc.vocabulary import AcrLevel
from tests.unit.authn.proving import HOUR, NOW, WORTH, proofs

ONE = {"level": 1, "ways": [["knowledge"]]}
TWO = {"level": 2, "ways": [["knowledge", "possession"]], "within": "12h"}


def policy(*levels: dict[str, Any], name: Any = "ours") -> dict[str, Any]:
    return {"name": name, "level": list(levels)}


def test_a_file_of_the_regions_own_is_judged_by(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(
        'name = "ours"\n[[level]]\nlevel = 1\nways = [["knowledge"]]\n'
        '[[level]]\nlevel = 3\nwithin = "90m"\nnever = ["cross_device"]\nways = [["knowledge", "possession"]]\n'
    )

    loaded = AssurancePolicy.load(str(file))

    assert (loaded.name, [rung.level for rung in loaded.rungs]) == ("ours", [1, 3])
    assert loaded.rungs[1].within == timedelta(minutes=90)
    assert loaded.rungs[1].never == {Property.CROSS_DEVICE}
    assert Assurance(loaded).judge(proofs("password", "totp"), now=NOW).level is AcrLevel.STRONGEST
    assert Assurance(loaded).judge(proofs("password", "totp", age=HOUR * 2), now=NOW).level == 1
    assert Assurance(loaded).judge(proofs("password", "qr"), now=NOW).level == 1


@pytest.mark.parametrize("name", ["strict", "cn-gov"])
def test_the_shipped_policies_are_sound(name: str) -> None:
    assert AssurancePolicy.load(name).name == name


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "'level' is missing"),
        ({"name": "ours"}, "'level' is missing"),
        ({"level": [ONE]}, "'name' is missing"),
        (policy(ONE, name=7), "the name is a text"),
        (policy(ONE, name=" "), "the name is a text"),
        (policy(), "begin with 1 and rise"),
        (policy(TWO), "begin with 1 and rise"),
        (policy(TWO, ONE), "begin with 1 and rise"),
        (policy(ONE, ONE), "begin with 1 and rise"),
        ({"name": "ours", "level": ONE}, "not a policy"),
        (policy({"level": 1}), "'ways' is missing"),
        (policy({"ways": [["knowledge"]]}), "'level' is missing"),
        (policy({**ONE, "level": 4}), "there is no level 4: write 1, 2 or 3"),
        (policy({**ONE, "level": True}), "there is no level True"),
        (policy({**ONE, "level": "1"}), "there is no level '1'"),
        (policy({**ONE, "ways": []}), "no way to it"),
        (policy({**ONE, "ways": [[]]}), "without a proof"),
        (policy({**ONE, "ways": [[""]]}), "without a proof"),
        (policy({**ONE, "ways": [["knowledge", " "]]}), "without a proof"),
        (policy({**ONE, "ways": ["knowledge"]}), "'k' is no property"),
        (policy({**ONE, "ways": [["know"]]}), "'know' is no property; there are knowledge, possession"),
        (policy({**ONE, "ways": 1}), "not a policy"),
        (policy({**ONE, "way": []}), "unknown: way"),
        ({**policy(ONE), "levels": []}, "unknown: levels"),
        (policy(ONE, {**TWO, "within": 12}), "not a policy"),
        (policy(ONE, {**TWO, "within": "12"}), "write a length of time"),
        (policy(ONE, {**TWO, "within": "0h"}), "write a length of time"),
        (policy(ONE, {**TWO, "within": "-1h"}), "write a length of time"),
        (policy(ONE, {**TWO, "within": "9" * 30 + "h"}), "not a policy"),
        (policy(ONE, {**TWO, "within": "9" * 9999 + "h"}), "not a policy"),
        (policy({**ONE, "within": "12h"}), "IDP_SESSION_LIFETIME"),
        (policy(ONE, {**TWO, "never": "cross_device"}), "'c' is no property"),
        (policy(ONE, {**TWO, "never": ["sideways"]}), "'sideways' is no property"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said(document: dict[str, Any], said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        AssurancePolicy.parse(document)


@pytest.mark.parametrize(
    "way",
    [
        ["recovery"],
        ["knowledge", "recovery"],
        ["knowledge", "voice"],
        ["voice"],
        ["live_face declared_engine"],
        ["text_message"],
        ["user_verified phishing_resistant"],
        ["possession", "live_face"],
        ["possession declared_engine", "live_face"],
    ],
    ids=str,
)
def test_no_file_makes_something_of_what_is_worth_nothing(way: list[str]) -> None:
    """A recovery code and a voice count nowhere, a face only with a declared engine, and nothing without a factor."""
    with pytest.raises(BadPolicy):
        AssurancePolicy.parse(policy({**ONE, "ways": [["knowledge"], way]}))


ATTESTED, DECLARED = frozenset({Property.ATTESTED}), frozenset({Property.DECLARED_ENGINE})


def test_a_level_that_nobody_can_reach_is_not_promised() -> None:
    """Mini-apps would ask for it and their citizens would be sent in circles."""
    strict, cn_gov = AssurancePolicy.load("strict"), AssurancePolicy.load("cn-gov")

    assert [rung.level for rung in strict.without(ATTESTED).rungs] == [1, 2]
    assert [rung.level for rung in cn_gov.without(DECLARED).rungs] == [1, 2]
    assert strict.without(DECLARED) == strict
    assert cn_gov.without(ATTESTED) == cn_gov
    assert strict.without(frozenset()) == strict


def test_of_a_levels_ways_those_remain_that_can_be_gone() -> None:
    two = {"level": 2, "ways": [["possession attested"], ["knowledge", "possession"]]}
    three = {"level": 3, "ways": [["possession attested"]]}

    left = AssurancePolicy.parse(policy(ONE, two, three)).without(ATTESTED)

    assert [(rung.level, len(rung.ways)) for rung in left.rungs] == [(1, 1), (2, 1)]


def test_a_policy_by_which_nobody_could_sign_in_is_refused() -> None:
    keys_alone = AssurancePolicy.parse(policy({"level": 1, "ways": [["possession attested"]]}))

    with pytest.raises(BadPolicy, match="nobody could sign in: level 1 takes attested"):
        keys_alone.without(ATTESTED)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(Property),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
entries = st.fixed_dictionaries(
    {"level": st.sampled_from([1, 2, 3]) | json_like, "ways": json_like | st.just([["knowledge"]])},
    optional={"within": json_like | st.just("12h"), "never": json_like},
)
documents = (
    st.fixed_dictionaries({"name": json_like | st.just("ours"), "level": st.lists(entries, max_size=3)})
    | json_like
)


@given(document=documents)
def test_a_malformed_policy_raises_nothing_else(document: Any) -> None:
    """And whatever is read still gives nothing for a code, a face, a voice or a recovery code."""
    try:
        loaded = AssurancePolicy.parse(document)
    except BadPolicy:
        return
    with pytest.raises(NothingProved):
        Assurance(loaded).judge(proofs("sms", "recovery", "any face", "voice"), now=NOW)
    assert Assurance(loaded).opens(proofs(*WORTH), now=NOW) in (True, False)


@given(content=st.binary(max_size=60) | st.sampled_from([b"[" * 5000, b"a=" + b"[" * 5000, b"\xff\xfe"]))
def test_a_file_that_is_no_policy_raises_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "policy.toml"
    file.write_bytes(content)

    with pytest.raises(BadPolicy, match=r"policy\.toml"):
        AssurancePolicy.load(str(file))


@pytest.mark.parametrize("name", ["", ".", "/", "STRICT", "strikt", "no/such/file.toml", "a\0b", "x" * 5000])
def test_a_policy_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(BadPolicy, match="cn-gov, strict"):
        AssurancePolicy.load(name)
