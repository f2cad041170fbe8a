"""A log as a folder of files, with the addresses that it has over HTTP: written, and read to be verified."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idp.wiring.witnessing.log import Log

MAX_FILE = 256 * (2**16 + 1)
"""Bytes of a bundle in which every entry is as long as an entry may be."""


@dataclass(frozen=True, slots=True)
class LogFolder:
    """Implements `idp.transparency.verification.Read`. A value, so that it can go to other processes."""

    root: Path

    def __call__(self, path: str) -> bytes | None:
        try:
            with (self.root / path).open("rb") as file:
                return file.read(MAX_FILE + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the log. Raises: OSError."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def export(log: Log, folder: LogFolder) -> int:
    """Write a log as it is now, all of it but files that can never change and are there; how many entries it has.

    The checkpoint comes last: where it is, what it speaks of is there too. Raises: OSError, ServerError.
    """
    from idp.transparency import tiles

    signed = log.cosigned_head()
    size = signed.checkpoint.size
    for tile in tiles.of_log(size):
        wanted = (tile, tile.entries()) if tile.level == 0 else (tile,)
        for one in wanted:
            if not (one.is_full and (folder.root / one.path).exists()):
                folder.write(one.path, log.tile(one))
    folder.write("checkpoint", str(signed).encode())
    return size
