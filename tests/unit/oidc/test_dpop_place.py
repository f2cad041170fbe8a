"""When two addresses are the same place (RFC 9449 §4.3; RFC 3986 §6.2)."""

from __future__ import annotations

import pytest

from idp.oidc.dpop_place import place_of

HERE = "https://id.example/token"


@pytest.mark.parametrize(
    "url",
    [
        "HTTPS://id.example/token",
        "https://ID.Example/token",
        "https://id.example:443/token",
        "https://id.example:/token",
        "https://id.example/token?a=b",
        "https://id.example/token#c",
        "https://id.example/token?",
        "https://id.example/%74%6F%6b%65n",
        "https://id.example/./token",
        "https://id.example/a/b/../../token",
        "https://id.example/../token",
    ],
)
def test_another_spelling_is_the_same_place(url: str) -> None:
    assert place_of(url) == place_of(HERE)


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example/token",
        "https://id.example:8443/token",
        "https://id.example:0/token",
        "https://id.example./token",
        "https://id.example/token/",
        "https://id.example//token",
        "https://id.example/Token",
        "https://id.example/token%2F",
        "https://id.example/token/.",
        "https://id.example/a/%2e%2e%2ftoken",
        "https://id.example.evil.example/token",
    ],
)
def test_another_place_is_another_place(url: str) -> None:
    assert place_of(url) not in (place_of(HERE), None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/token",
        "//id.example/token",
        "ftp://id.example/token",
        "https:///token",
        "https://a@id.example/token",
        "https://a:b@id.example/token",
        "https://id.example@evil.example/token",
        "https://id.example:x/token",
        "https://id.example:99999/token",
        "https://[::1/token",
        "https://id.example/to\tken",
        "https://id.example/to\nken",
        " https://id.example/token",
        "https://ïd.example/token",
    ],
)
def test_what_is_no_plain_address_is_nowhere(url: str) -> None:
    assert place_of(url) is None


def test_a_missing_path_is_the_root() -> None:
    assert (
        place_of("https://id.example") == place_of("https://id.example/") == place_of("https://id.example?a")
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [("/%c3%a9", "/%C3%A9"), ("/a%7Eb", "/a~b"), ("/a/.", "/a/"), ("/a/b/..", "/a/"), ("/..", "/")],
)
def test_escapes_and_dots_are_written_one_way(left: str, right: str) -> None:
    assert place_of(f"https://id.example{left}") == place_of(f"https://id.example{right}")
