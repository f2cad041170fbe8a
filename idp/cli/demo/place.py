"""Where the demonstration keeps its things, and where its two sites are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from idp.cli.server import Address

PROVIDER_PORT = 1
MINI_APP_PORT = 11
"""Distances from the port base, which is 8000 unless `--port-base` says otherwise."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and the ports."""

    folder: Path
    port_base: int

    @property
    def provider(self) -> Address:
        return Address("127.0.0.1", self.port_base + PROVIDER_PORT)

    @property
    def mini_app(self) -> Address:
        return Address("127.0.0.1", self.port_base + MINI_APP_PORT)

    @property
    def issuer(self) -> str:
        return f"http://east.id.localhost:{self.provider.port}"

    @property
    def tax_address(self) -> str:
        return f"http://tax.apps.localhost:{self.mini_app.port}"

    @property
    def settings_file(self) -> Path:
        return self.folder / "settings.toml"

    @property
    def secret_key_file(self) -> Path:
        return self.folder / "secret_key"

    @property
    def database_file(self) -> Path:
        return self.folder / "east.db"

    @property
    def tax_key_file(self) -> Path:
        return self.folder / "tax_key.pem"

    @property
    def region_log(self) -> Path:
        return self.folder / "east.log"

    @property
    def mini_app_log(self) -> Path:
        return self.folder / "tax.log"

    @property
    def messages(self) -> Path:
        """Where e-mails and text messages go instead of being sent."""
        return self.folder / "messages"

    def made_by_us(self) -> list[Path]:
        """Every file that the demonstration makes here, as far as it exists."""
        database = [Path(f"{self.database_file}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]
        files = [
            self.settings_file,
            self.secret_key_file,
            self.tax_key_file,
            self.region_log,
            self.mini_app_log,
        ]
        return [file for file in (*files, *database, *self.messages.glob("*.txt")) if file.exists()]


def find_folder() -> Path:
    """`var/demo` in the current folder, or the user's state folder when one may not write here."""
    here = Path.cwd()
    existing = next(path for path in (here / "var" / "demo", here / "var", here) if path.is_dir())
    if os.access(existing, os.W_OK | os.X_OK):
        return here / "var" / "demo"
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "tongxing" / "demo"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
