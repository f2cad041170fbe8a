"""How somebody signed in, in the few words that figures have for it."""

from __future__ import annotations

from collections.abc import Iterable

from idp.foundation.figures import Way
from idp.oidc.proofs import Method

_ONE_STEP = {Method.PASSKEY: Way.PASSKEY, Method.GESTURE: Way.GESTURE, Method.QR: Way.QR}


def way_of(methods: Iterable[str], home_iss: str | None = None) -> Way:
    """`methods`: everything that was shown. `home_iss`: the region that vouched, for somebody from another one."""
    if home_iss is not None:
        return Way.OTHER_REGION
    shown = frozenset(methods)
    for method, way in _ONE_STEP.items():
        if method in shown:
            return way
    if Method.PASSWORD in shown:
        return Way.PASSWORD if len(shown) == 1 else Way.PASSWORD_AND_MORE
    return Way.OTHER
