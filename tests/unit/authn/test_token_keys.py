"""The key of a token is read as people find it on paper."""

from __future__ import annotations

import pytest

from idp.authn.factors.token_keys import KeyRefused, parse_key

KEY = bytes(range(20))
BASE32 = "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"


@pytest.mark.parametrize(
    "typed",
    [
        BASE32,
        BASE32.lower(),
        "AAAQ EAYE AUDA OCAJ BIFQ YDIO B4IB CEQT",
        "aaaq-eaye-auda-ocaj-bifq-ydio-b4ib-ceqt",
        "ＡＡＡＱＥＡＹＥＡＵＤＡＯＣＡＪＢＩＦＱＹＤＩＯＢ４ＩＢＣＥＱＴ",
        KEY.hex(),
        KEY.hex(" ").upper(),
        KEY.hex("-", 4),
    ],
)
def test_a_key_is_read_however_it_is_written(typed: str) -> None:
    assert parse_key(typed) == KEY


def test_padding_may_be_there_or_not() -> None:
    padded = "AAAQEAYEAUDAOCAJBIFQYDIO"
    assert parse_key(f"{padded}B4======") == parse_key(f"{padded}B4") == bytes(range(16))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "key",
        "AAAQEAYE",
        BASE32 + "1",
        KEY.hex()[:-1],
        "00" * 15,
        "00" * 65,
        "A" * 5_000,
        "\x00" * 32,
        "密钥" * 16,
    ],
)
def test_what_is_no_key_is_refused(typed: str) -> None:
    with pytest.raises(KeyRefused):
        parse_key(typed)
