"""What methods are worth together."""

from __future__ import annotations

import pytest

from idp.authn.assurance import NothingProved, Proof
from idp.oidc.vocabulary import AcrLevel


@pytest.mark.parametrize(
    ("methods", "level", "amr"),
    [
        ({"pwd"}, AcrLevel.ONE_FACTOR, ("pwd",)),
        ({"otp"}, AcrLevel.ONE_FACTOR, ("otp",)),
        ({"pwd", "otp"}, AcrLevel.TWO_FACTORS, ("pwd", "otp", "mfa")),
        ({"pwd", "rc"}, AcrLevel.TWO_FACTORS, ("pwd", "rc", "mfa")),
        ({"otp", "rc"}, AcrLevel.ONE_FACTOR, ("otp", "rc")),
    ],
)
def test_the_level_follows_from_the_kinds_of_proof(
    methods: set[str], level: AcrLevel, amr: tuple[str, ...]
) -> None:
    assert Proof.of(frozenset(methods)) == Proof(level, amr)


def test_a_session_that_steps_up_is_judged_by_all_it_has_proved() -> None:
    before = Proof.of(frozenset({"pwd"}))

    assert Proof.of(frozenset({*before.amr, "otp"})).level is AcrLevel.TWO_FACTORS


def test_that_several_factors_were_proved_is_concluded_and_never_believed() -> None:
    assert Proof.of(frozenset({"pwd", "mfa"})) == Proof(AcrLevel.ONE_FACTOR, ("pwd",))


@pytest.mark.parametrize("methods", [set(), {"mfa"}, {"rc"}, {"rc", "mfa"}, {"pwd", "face"}])
def test_nothing_a_lone_recovery_code_or_an_unknown_method_opens_no_session(methods: set[str]) -> None:
    with pytest.raises(NothingProved):
        Proof.of(frozenset(methods))
