"""The mini-app's settings, from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from .services import SERVICES, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Which service it is, and four things that the region also knows, but for the key's private half."""

    service: Service
    """What it offers and asks for: Tax or Health."""
    issuer: str
    """The region's address, exactly as it calls itself."""
    client_id: str
    """What the region calls us."""
    key: str = field(repr=False)
    """Our private key on P-256, in PEM. The region has the public half."""
    address: str
    """Our own address, without a trailing slash."""

    @property
    def callback(self) -> str:
        """Where the region sends people back to; registered there to the letter."""
        return f"{self.address}/callback"

    @property
    def signed_out(self) -> str:
        """Where the region sends people after they signed out; registered there too."""
        return f"{self.address}/signed-out"

    @property
    def told_of_sign_outs(self) -> str:
        """Where the region tells us that a session has ended; registered there as well."""
        return f"{self.address}/backchannel-logout"

    @classmethod
    def from_environment(cls) -> Config:
        """Read MINI_APP_SERVICE (`tax` or `health`), _ISSUER, _CLIENT_ID, _KEY_FILE and _ADDRESS.

        Raises: KeyError, OSError or ValueError — something is missing or unreadable.
        """
        return cls(
            service=SERVICES[os.environ["MINI_APP_SERVICE"]],
            issuer=os.environ["MINI_APP_ISSUER"],
            client_id=os.environ["MINI_APP_CLIENT_ID"],
            key=Path(os.environ["MINI_APP_KEY_FILE"]).read_text(encoding="ascii"),
            address=os.environ["MINI_APP_ADDRESS"],
        )
