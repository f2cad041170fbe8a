"""What entries say: canonical, numbered, and without anybody's name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.foundation.canonical_json import NotCanonical, encode, hash_of, hash_of_text
from idp.transparency.leaves import BadLeaf, Leaf, audit_leaf, commitment, read_leaf

SALT = bytes(range(32))


def test_an_entry_is_canonical_and_has_its_number() -> None:
    entry = Leaf({"subject": "b", "action": "a"}).numbered(7)

    assert entry == b'{"action":"a","log_seq":7,"subject":"b","v":1}'
    assert read_leaf(entry)["log_seq"] == 7


def test_an_entry_that_is_too_long_for_a_bundle_is_refused() -> None:
    with pytest.raises(BadLeaf):
        Leaf({"word": "x" * 65_536}).numbered(0)


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"v":2,"log_seq":0}',
        b'{"v":1}',
        b'{"v":1,"log_seq":"0"}',
        b"[" * 10_000,
    ],
)
def test_what_is_no_entry_is_refused(entry: bytes) -> None:
    with pytest.raises(BadLeaf):
        read_leaf(entry)


def test_an_entry_of_the_trail_names_nobody() -> None:
    entry = audit_leaf("signed_in", 1_700_000_000_000, commitment(SALT, "acct_ada", "tax", "se_1")).numbered(
        0
    )

    assert set(json.loads(entry)) == {"at", "commitment", "kind", "log_seq", "v"}


def test_the_same_person_is_hidden_differently_each_time_and_parts_cannot_be_moved() -> None:
    made = {
        commitment(SALT, "ada", None, None),
        commitment(SALT[::-1], "ada", None, None),
        commitment(SALT, None, "ada", None),
        commitment(SALT, None, None, "ada"),
        commitment(SALT, "ad", "a", None),
    }

    assert len(made) == 5


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None, "x"]}, b'{"a":[true,null,"x"],"b":1}'),
        # RFC 8785 §3.2.3: by UTF-16 code units, so that what is beyond the first plane comes before U+FB33.
        ({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "\r": 4, "1": 5}, None),
        ('\u0000\u001f\b\t\n\f\r"\\\u007f/', b'"\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\\x7f/"'),
        ("东区", '"东区"'.encode()),
        (-(2**53) + 1, b"-9007199254740991"),
        ((), b"[]"),
    ],
)
def test_json_is_written_in_one_way(value: Any, written: bytes | None) -> None:
    if written is None:
        written = '{"\\r":4,"1":5,"\u20ac":3,"\U0001f600":2,"\ufb33":1}'.encode()

    assert encode(value) == written


@pytest.mark.parametrize("value", [1.0, 2**53, {1: 2}, {"a": {1, 2}}, b"x", "\ud800", {"a": float("nan")}])
def test_what_has_no_canonical_form_here_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        encode(value)


def test_a_hash_is_of_the_canonical_form() -> None:
    assert hash_of({"a": 1, "b": 2}) == hash_of({"b": 2, "a": 1})
    assert hash_of("x") != hash_of_text("x")
