"""Texts about a mini-app of another region: what may be in them, and what we make of our own."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.errors import InvalidRequest
from idp.oidc.rp_display import MAX_PURPOSE, MAX_PURPOSES, MAX_TEXT, RpDisplay, display_of, shown

HEALTH = RpDisplay({"en": "Health", "zh-CN": "健康"}, "Health Commission", "health.example")


def test_what_is_written_is_read_again() -> None:
    assert RpDisplay.parse(json.dumps(HEALTH.to_json())) == HEALTH
    assert RpDisplay.parse(None) is None


@given(st.text(max_size=400))
def test_nothing_but_a_refusal_comes_of_any_text(raw: str) -> None:
    with suppress(InvalidRequest):
        RpDisplay.parse(raw)


@given(st.text(max_size=300))
def test_what_we_say_of_our_own_apps_is_taken_everywhere(name: str) -> None:
    ours = display_of({"en": name, "zh-CN": "健康"}, name, "Health.Example", "health")

    assert RpDisplay.parse(json.dumps(ours.to_json())) == ours
    assert len(shown(name)) <= MAX_TEXT


@given(st.dictionaries(st.text(max_size=20), st.dictionaries(st.text(max_size=8), st.text(max_size=400))))
def test_what_we_say_of_our_own_reasons_is_taken_everywhere(purposes: dict[str, dict[str, str]]) -> None:
    ours = display_of({"en": "Health"}, "Health", "health.example", "health", purposes)

    assert RpDisplay.parse(json.dumps(ours.to_json())) == ours


def test_reasons_are_carried_along_as_they_were_registered() -> None:
    why = {"birthdate": {"en": "To tell you from people of the same name", "zh-CN": "用于区分同名的人"}}
    ours = display_of({"en": "Health"}, "Health", "health.example", "health", why)

    read = RpDisplay.parse(json.dumps(ours.to_json()))

    assert read is not None
    assert read.purposes == why


def test_reasons_that_are_too_much_are_left_out_and_the_names_stay() -> None:
    many = {f"claim_{number}": {"en": "x" * MAX_PURPOSE} for number in range(MAX_PURPOSES + 1)}
    long = {f"claim_{number}": dict.fromkeys(("en", "zh-CN", "ug"), "健" * 200) for number in range(20)}

    for purposes in (many, long):
        ours = display_of({"en": "Health"}, "Health", "health.example", "health", purposes)
        assert (ours.name, ours.purposes) == ({"en": "Health"}, {})
