"""Times, and numbers that are none."""

from __future__ import annotations

from datetime import timedelta

from idp.federation.trust_chain import LEEWAY
from tests.attacks.chains.world import Case, claim, raw
from tests.support.federation import NOW, seconds

SECOND = timedelta(seconds=1)
JUST_EXPIRED, JUST_CURRENT = seconds(NOW - LEEWAY), seconds(NOW - LEEWAY + SECOND)
TOO_NEW, NEW = seconds(NOW + LEEWAY + SECOND), seconds(NOW + LEEWAY)

TIMES = [
    *(
        Case(
            f"statement {index} expired",
            claim(index, exp=JUST_EXPIRED),
            "expired",
            twin=claim(index, exp=JUST_CURRENT),
        )
        for index in range(4)
    ),
    *(
        Case(
            f"statement {index} from the future",
            claim(index, iat=TOO_NEW),
            "the future",
            twin=claim(index, iat=NEW),
        )
        for index in range(4)
    ),
    *(
        Case(f"{name} is {value!r}", claim(1, **{name: value}), f"{name} is missing or no time")
        for name in ("exp", "iat")
        for value in (..., None, True, "1790000000", [], -1, 10**30)
    ),
    Case("a time beyond all numbers", raw(1, '"exp": ', '"exp": 1e999, "was": '), "a number is too large"),
    Case("a time with five thousand digits", raw(1, '"exp": ', f'"exp": {"9" * 5_000}, "was": '), "not JSON"),
    Case("a time that is no number", raw(1, '"exp": ', '"exp": NaN, "was": '), "NaN is not JSON"),
    Case("a time without end", raw(1, '"exp": ', '"exp": Infinity, "was": '), "Infinity is not JSON"),
]
