"""Scopes: which of those asked for are granted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.errors import InvalidScope
from idp.oidc.scopes import IDENTITY_SCOPES, for_machines, narrow

NAMES = st.lists(st.sampled_from(["openid", "profile", "email", "read", "write"]), unique=True).map(tuple)


def test_all_that_was_granted_is_meant_when_nothing_is_asked() -> None:
    assert narrow((), ("openid", "read")) == ("openid", "read")


def test_less_may_be_asked() -> None:
    assert narrow(("read",), ("openid", "read")) == ("read",)


@pytest.mark.parametrize("asked", [("write",), ("openid", "write"), ("OPENID",), ("",)])
def test_more_may_not(asked: tuple[str, ...]) -> None:
    with pytest.raises(InvalidScope):
        narrow(asked, ("openid", "read"))


@given(NAMES, NAMES)
def test_a_scope_never_grows(asked: tuple[str, ...], granted: tuple[str, ...]) -> None:
    try:
        scope = narrow(asked, granted)
    except InvalidScope:
        assert set(asked) - set(granted)
        return
    assert set(scope) <= set(granted)


def test_a_machine_has_no_scopes_about_a_person() -> None:
    assert for_machines((*IDENTITY_SCOPES, "returns.read")) == ("returns.read",)
