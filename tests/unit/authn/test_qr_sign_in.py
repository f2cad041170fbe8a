"""What a passkey on the phone is worth on the screen that it signs in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idp.authn.factors.qr import carried_over
from idp.authn.factors.qr_values import NotVerified
from idp.oidc.proofs import Method, Proof, Property

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def test_it_is_never_phishing_resistant_nor_attested_and_says_that_it_crossed() -> None:
    """The strongest passkey there is (RFC 10027 §6)."""
    strongest = Proof(
        Method.PASSKEY,
        NOW,
        frozenset(
            {
                Property.POSSESSION,
                Property.USER_VERIFIED,
                Property.PHISHING_RESISTANT,
                Property.DEVICE_BOUND,
                Property.ATTESTED,
            }
        ),
    )

    carried = carried_over(strongest)

    assert (carried.method, carried.at) == (Method.QR, NOW)
    assert carried.properties == {
        Property.POSSESSION,
        Property.USER_VERIFIED,
        Property.DEVICE_BOUND,
        Property.CROSS_DEVICE,
    }


@pytest.mark.parametrize(
    "proof",
    [
        Proof(Method.PASSKEY, NOW, frozenset({Property.POSSESSION, Property.PHISHING_RESISTANT})),
        Proof(Method.GESTURE, NOW, frozenset({Property.POSSESSION, Property.USER_VERIFIED})),
        Proof(Method.QR, NOW, frozenset({Property.POSSESSION, Property.USER_VERIFIED})),
    ],
    ids=["a passkey that did not check its user", "a pattern", "another approval"],
)
def test_nothing_but_a_passkey_that_checked_its_user_is_carried_over(proof: Proof) -> None:
    with pytest.raises(NotVerified):
        carried_over(proof)
