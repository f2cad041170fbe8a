"""A region that is looked after from the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from idp.cli import main

SECRET_KEY = "a secret for tests only: 0123456789 abcdefghij"
"""The one that sealed the keys of the template."""


@dataclass
class CliRegion:
    """Runs `idp` in this process, on a database of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environment = {
            "IDP_ISSUER": "http://east.id.localhost:18549",
            "IDP_SECRET_KEY": SECRET_KEY,
            "IDP_MODE": "development",
            "IDP_REGION": "east",
            "IDP_DATABASE_URL": f"sqlite:///{self.database}",
            "IDP_DATABASE_SYNC": "normal",
            "IDP_ARGON2_MEMORY_KIB": "64",
            "IDP_BIND": "127.0.0.1:18549",
            **self.environment,
        }

    @property
    def database(self) -> Path:
        return self.folder / "idp.db"

    def migrated(self, template: Path) -> CliRegion:
        """With tables and signing keys."""
        shutil.copy(template, self.database)
        self.database.chmod(0o600)
        return self

    def idp(self, *arguments: str, typed: str | None = None) -> Result:
        """Run a command. What goes wrong inside it is the test's to see."""
        return CliRunner().invoke(main, arguments, input=typed, env=self.environment, catch_exceptions=False)

    def done(self, *arguments: str, typed: str | None = None) -> str:
        """Run a command that must succeed; what it said."""
        result = self.idp(*arguments, typed=typed)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *arguments: str, typed: str | None = None) -> Any:
        """What a command answers to machines."""
        return json.loads(self.done(*arguments, "--json", typed=typed))
