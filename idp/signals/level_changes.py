"""What an event tells of how strongly a person can prove who they are. Spec: CAEP 1.0 §3.4."""

from __future__ import annotations

from idp.signals.reasons import Reason


def lowered(namespace: str, before: str, after: str) -> dict[str, str]:
    """The members of the event beside those of all. The levels are the `acr` values of our tokens."""
    return {
        "namespace": namespace,
        "current_level": after,
        "previous_level": before,
        "change_direction": "decrease",
        "reason": Reason.LEVEL_LOWERED.value,
    }
