"""Where the demonstration keeps its things, and where its sites are: a hub, two regions, two mini-apps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from idp.cli.server import Address

HUB_PORT = 0
EAST_PORT = 1
WEST_PORT = 2
TAX_PORT = 11
HEALTH_PORT = 12
"""Distances from the port base, which is 8000 unless `--port-base` says otherwise."""
MINI_APP_DOMAINS = (".apps.localhost",)
"""Where the regions' mini-apps live, beside their own hosts."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The hub or a region."""

    key: str
    """`hub`, `east` or `west`: its host and its files begin with it."""
    name: Mapping[str, str]
    folder: Path
    port: int

    @property
    def title(self) -> str:
        return "The hub" if self.key == "hub" else f"The region {self.name['en']}"

    @property
    def listens(self) -> Address:
        return Address("127.0.0.1", self.port)

    @property
    def issuer(self) -> str:
        return f"http://{self.key}.id.localhost:{self.port}"

    @property
    def settings_file(self) -> Path:
        return self.folder / f"{self.key}.toml"

    @property
    def secret_key_file(self) -> Path:
        return self.folder / f"{self.key}_secret_key"

    @property
    def database_file(self) -> Path:
        return self.folder / f"{self.key}.db"

    @property
    def witness_memory_file(self) -> Path:
        """What a region cosigned last of the hub's log."""
        return self.folder / f"{self.key}_witness.json"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.key}.log"

    def files(self) -> list[Path]:
        """What it keeps."""
        database = [Path(f"{self.database_file}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]
        memory = [Path(f"{self.witness_memory_file}{suffix}") for suffix in ("", ".lock", ".new")]
        return [self.settings_file, self.secret_key_file, self.log, *database, *memory]


@dataclass(frozen=True, slots=True)
class MiniApp:
    """Tax or Health."""

    key: str
    region: Installation
    port: int

    @property
    def title(self) -> str:
        return f"The mini-app {self.key.capitalize()}"

    @property
    def listens(self) -> Address:
        return Address("127.0.0.1", self.port)

    @property
    def address(self) -> str:
        return f"http://{self.key}.apps.localhost:{self.port}"

    @property
    def key_file(self) -> Path:
        return self.region.folder / f"{self.key}_key.pem"

    @property
    def log(self) -> Path:
        return self.region.folder / f"{self.key}.log"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and the ports."""

    folder: Path
    port_base: int

    @property
    def hub(self) -> Installation:
        return self._installation("hub", {"en": "National hub", "zh-CN": "国家枢纽"}, HUB_PORT)

    @property
    def east(self) -> Installation:
        return self._installation("east", {"en": "East", "zh-CN": "东区"}, EAST_PORT)

    @property
    def west(self) -> Installation:
        return self._installation("west", {"en": "West", "zh-CN": "西区"}, WEST_PORT)

    @property
    def regions(self) -> tuple[Installation, ...]:
        return (self.east, self.west)

    @property
    def installations(self) -> tuple[Installation, ...]:
        return (self.hub, *self.regions)

    @property
    def tax(self) -> MiniApp:
        return MiniApp("tax", self.east, self.port_base + TAX_PORT)

    @property
    def health(self) -> MiniApp:
        return MiniApp("health", self.west, self.port_base + HEALTH_PORT)

    @property
    def mini_apps(self) -> tuple[MiniApp, ...]:
        return (self.tax, self.health)

    @property
    def trust_keys_file(self) -> Path:
        """The hub's keys for bundles, as the regions were given them."""
        return self.folder / "hub_keys.json"

    @property
    def messages(self) -> Path:
        """Where e-mails and text messages go instead of being sent."""
        return self.folder / "messages"

    def made_by_us(self) -> list[Path]:
        """Every file that the demonstration makes here, as far as it exists."""
        files = [file for one in self.installations for file in one.files()]
        for app in self.mini_apps:
            files += [app.key_file, app.log]
        files += [self.trust_keys_file, *self.messages.glob("*.txt")]
        return [file for file in files if file.exists()]

    def _installation(self, key: str, name: Mapping[str, str], port: int) -> Installation:
        return Installation(key, name, self.folder, self.port_base + port)


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
