"""The mini-app's settings, from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Four things, all of which the region also knows, but for the key's private half."""

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

    @classmethod
    def from_environment(cls) -> Config:
        """Read TAX_ISSUER, TAX_CLIENT_ID, TAX_KEY_FILE and TAX_ADDRESS.

        Raises: KeyError, OSError or ValueError — something is missing or unreadable.
        """
        return cls(
            issuer=os.environ["TAX_ISSUER"],
            client_id=os.environ["TAX_CLIENT_ID"],
            key=Path(os.environ["TAX_KEY_FILE"]).read_text(encoding="ascii"),
            address=os.environ["TAX_ADDRESS"],
        )
