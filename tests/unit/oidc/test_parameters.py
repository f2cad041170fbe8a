"""Request parameters, read once with every limit applied."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.errors import InvalidRequest
from idp.oidc.parameters import MAX_FIELDS, MAX_SIZE_BYTES, Parameters


def test_values_are_decoded_as_forms_are() -> None:
    read = Parameters.from_urlencoded(b"name=%E7%A8%8E+%2B+a%26b&x=1;y=2&tab=a%09b")

    assert read.one("name") == "税 + a&b"
    assert read.one("x") == "1;y=2"
    assert read.one("tab") == "a\tb"


def test_a_parameter_without_a_value_counts_as_absent() -> None:
    """Spec: RFC 6749 §3.1."""
    read = Parameters.from_urlencoded(b"state=&nonce&scope=openid")

    assert read.one("state") is None
    assert read.one("nonce") is None
    assert read.pairs() == [("scope", "openid")]


def test_a_parameter_may_come_once() -> None:
    read = Parameters.from_urlencoded(b"scope=openid&scope=openid&resource=a&resource=b")

    with pytest.raises(InvalidRequest, match="scope must not be repeated"):
        read.one("scope")
    with pytest.raises(InvalidRequest):
        read.words("scope")
    with pytest.raises(InvalidRequest):
        read.required("scope")
    assert read.many("resource") == ("a", "b")


def test_a_required_parameter_is_missed_by_name() -> None:
    with pytest.raises(InvalidRequest, match=r"^client_id is required$"):
        Parameters.from_urlencoded(b"").required("client_id")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", ()),
        (b"scope=openid", ("openid",)),
        (b"scope=openid+profile+openid", ("openid", "profile")),
        (b"scope=openid%20profile", ("openid", "profile")),
        (b"scope=openid%09profile", ("openid\tprofile",)),
    ],
)
def test_words_are_separated_by_spaces_and_counted_once(raw: bytes, words: tuple[str, ...]) -> None:
    assert Parameters.from_urlencoded(raw).words("scope") == words


@pytest.mark.parametrize("raw", [b"scope=openid++profile", b"scope=+openid+profile+", b"scope=+"])
def test_there_is_no_empty_word(raw: bytes) -> None:
    """A space too many is a slip of the pen, not a scope without a name."""
    assert "" not in Parameters.from_urlencoded(raw).words("scope")


@pytest.mark.parametrize(
    "raw",
    [
        b"state=a%00b",
        b"state%00=a",
        b"state=%1b[2J",
        b"state=%7F",
        b"state=%08",
        b"state=%ff",
        b"state=%C3",
        b"state=%ED%A0%80",
        b"state=\xe7\xa8\x8e",
    ],
)
def test_what_no_text_contains_is_refused(raw: bytes) -> None:
    """NUL, other controls, halves of characters and bytes that are not UTF-8."""
    with pytest.raises(InvalidRequest):
        Parameters.from_urlencoded(raw)


def test_size_and_number_are_limited() -> None:
    most = b"&".join(b"x=1" for _ in range(MAX_FIELDS))

    assert len(Parameters.from_urlencoded(most).many("x")) == MAX_FIELDS
    with pytest.raises(InvalidRequest):
        Parameters.from_urlencoded(most + b"&x=1")
    with pytest.raises(InvalidRequest):
        Parameters.from_urlencoded(b"x=" + b"1" * MAX_SIZE_BYTES)


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@given(st.lists(st.tuples(texts, texts), max_size=12))
def test_pairs_survive_the_wire_and_the_store(pairs: list[tuple[str, str]]) -> None:
    read = Parameters.from_urlencoded(urlencode(pairs).encode())

    assert Parameters.from_pairs(read.pairs()) == read
    assert sorted(read.pairs()) == sorted(pairs)


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_refused(raw: bytes) -> None:
    try:
        read = Parameters.from_urlencoded(raw)
    except InvalidRequest:
        return
    assert all("\0" not in name + value for name, value in read.pairs())
