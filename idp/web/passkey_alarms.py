"""What follows, wherever a passkey is checked, when there seem to be two of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from idp.authn.factors.passkey_values import PasskeyCloned
from idp.foundation.events import EventKind
from idp.web import notices


@contextmanager
def raised() -> Iterator[None]:
    """Around every `complete_…` of passkeys: note a clone, sign its owner out everywhere, tell them. Then refuse."""
    try:
        yield
    except PasskeyCloned as error:
        notices.changed(error.account_id, EventKind.PASSKEY_CLONED, error.label)
        raise
