"""Who comes for a recovery: let in by the throttle, and looked up alike whether there is such an account or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.authn.recovery import Recovery
from idp.authn.sign_in import Directory
from idp.authn.throttle import Throttle, ThrottledFactor, network_of


@dataclass(frozen=True, slots=True)
class Begin:
    """A recovery just taken up by a browser."""

    value: str
    """The secret that this browser keeps; stored as a digest."""
    recovery: Recovery


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody who says who they are."""

    name: str
    """As it was typed, normalised."""
    account_id: str | None
    """None: there is no such account, or it is switched off. Nothing that is shown may tell."""
    address: str


class RecoveryDoor:
    """Where every recovery of a browser begins."""

    def __init__(
        self, directory: Directory, throttle: Throttle, normalise_identifier: Callable[[str], str]
    ) -> None:
        self._directory, self._throttle, self._normalise = directory, throttle, normalise_identifier

    def admit(self, identifier: str, address: str, *, now: datetime) -> Comer:
        """Raises: TooManyAttempts."""
        name = self._normalise(identifier)
        self._throttle.admit(ThrottledFactor.RECOVERY, _attempted(name, address), address, now=now)
        found = self._directory.find_by_identifier(name)
        return Comer(name, found.id if found is not None and found.is_active else None, address)

    def forgive(self, comer: Comer) -> None:
        """They were whom they said they were."""
        attempted = _attempted(comer.name, comer.address)
        self._throttle.forgive(ThrottledFactor.RECOVERY, attempted, comer.address)


def _attempted(name: str, address: str) -> str:
    # By network: nobody elsewhere can keep a person from beginning. What one network may guess is nothing to speak of.
    return f"{name} {network_of(address)}"
