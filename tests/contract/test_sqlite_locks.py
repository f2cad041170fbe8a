"""A SQLite file that several processes use at once, several threads in each of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from idp.settings import DatabaseSync
from idp.storage.db import Database
from idp.storage.statement import Statement
from tests.contract.region import at_once

WRITE = Statement(text("UPDATE generations SET value = value + 1 WHERE name = 'keys'"), is_repeatable=False)
READ = Statement(text("SELECT value FROM generations WHERE name = 'keys'"), is_repeatable=True)
OTHER = """
from sqlalchemy import text
from idp.settings import DatabaseSync
from idp.storage.db import Database
from idp.storage.statement import Statement
database = Database({url!r}, DatabaseSync.NORMAL)
database.run(Statement(text("UPDATE generations SET value = value + 1 WHERE name = 'keys'")))
database.close()
"""


def test_a_command_that_ends_does_not_cut_a_server_off_from_the_database(copied_file: str) -> None:
    """Each thread of a server opens a connection of its own; none may cost the others their hold on the file."""
    server = Database(copied_file, DatabaseSync.NORMAL)
    server.run(WRITE)
    at_once(3, lambda _: server.run(WRITE))

    subprocess.run([sys.executable, "-c", OTHER.format(url=copied_file)], check=True)

    row = server.one(READ)
    assert row is not None
    assert row.value == 6
    assert Path(f"{copied_file.removeprefix('sqlite:///')}-wal").exists()
    server.close()
