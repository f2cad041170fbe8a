"""The hub's log as this region knows it: by which keys it signs, and which head it showed with the held bundle."""

from __future__ import annotations

from idp.transparency.leaves import LogName
from idp.transparency.witness import Logs
from idp.trustlist.admission import Pinned
from idp.trustlist.belief import LogHead
from idp.wiring.following.trust import HeldTrust
from idp.wiring.witnessing.evidence import readable
from idp.wiring.witnessing.log import origin_of


class HubLog:
    """What a witness in this region watches, and compares with."""

    def __init__(self, pinned: Pinned, trust: HeldTrust) -> None:
        self._pinned, self._trust = pinned, trust
        self._origin = origin_of(pinned.issuer, LogName.TRUST)

    def watched(self) -> Logs:
        """The log and its keys, as the held bundle names them; nothing before anybody named one."""
        bundle = self._trust().bundle
        named = bundle.log_keys if bundle is not None and bundle.log_keys else self._pinned.log_keys
        keys = tuple(key for key in readable(named) if key.name == self._origin)
        return {self._origin: keys} if keys else {}

    def shown(self, origin: str) -> LogHead | None:
        """The head that came with the held bundle; of another log nothing."""
        self._trust()
        held = self._trust.held
        return held.log if held is not None and origin == self._origin else None
