"""The leak guard finds what got out, and takes no random value for it that happens to look alike."""

from __future__ import annotations

import pytest

from tests.support.leak_guard import LeakGuard

CODE = "123456"
CHALLENGE = "ac_" + "x" * 40
"""As 32 random bytes may begin."""


def leaks(text: str) -> list[str]:
    guard = LeakGuard()
    guard.remember(CODE)
    guard.page("/login", text)
    return guard.leaks()


@pytest.mark.parametrize("kind", ["ac", "rt", "se", "br", "cs", "rv", "pr", "sl", "ss", "tk"])
@pytest.mark.parametrize("length", [20, 39, 41, 43])
def test_a_value_that_we_issued_is_found_whole_or_cut(kind: str, length: int) -> None:
    assert leaks(f'value="{kind}_{"x" * length}"') == ["page /login: an issued secret"]


@pytest.mark.parametrize("text", [f'"challenge":"{CHALLENGE}"', f"?id=x-{CHALLENGE}", f"a{CHALLENGE}"])
def test_a_random_value_that_begins_like_one_is_none(text: str) -> None:
    assert leaks(text) == []


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        f"<b>{CODE}</b>",
        f"code={CODE}&x",
        f"code%3D{CODE}%26",
        f'{{"detail": "\\n{CODE}"}}',
        f"G-{CODE}.",
        f"code_{CODE}",
    ],
)
def test_a_code_is_found_wherever_it_can_be_read(text: str) -> None:
    assert leaks(text) == ["page /login: something a person typed"]


@pytest.mark.parametrize("text", [f"7f{CODE}0a", f"{CODE}0000.123", "x" * 9 + f"-{CODE}-" + "x" * 9])
def test_the_same_digits_in_an_id_a_time_or_a_token_are_no_code(text: str) -> None:
    assert leaks(text) == []
