"""Messages into a folder instead of to people: for development and the demonstration."""

from __future__ import annotations

import logging
import os
from itertools import count
from pathlib import Path

from idp.authn.messages import Message, MessageDelayed
from idp.foundation.clock import Clock, to_milliseconds
from idp.foundation.entropy import Entropy

SUFFIX = ".txt"

log = logging.getLogger("idp.messages")


class FolderMessenger:
    """Implements `idp.authn.messages.Messenger`: a file for each message, which only its owner may read.

    File names sort by time. The log gets a line for each, without recipient or words.
    """

    def __init__(self, folder: Path, clock: Clock, entropy: Entropy) -> None:
        self._folder = folder
        self._clock = clock
        self._entropy = entropy
        self._numbers = count()

    def send(self, message: Message) -> None:
        # The number keeps the order of messages of one moment, the random part apart what two processes write.
        order = (
            f"{to_milliseconds(self._clock.now())}-{next(self._numbers):06}-{self._entropy.bytes(4).hex()}"
        )
        name = f"{order}-{message.channel}{SUFFIX}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._folder / name, message)
        except OSError as error:
            raise MessageDelayed(f"the folder cannot be written: {error.strerror}") from error
        log.info("a message was written to a file", extra={"detail": name})

    def _write(self, path: Path, message: Message) -> None:
        # Written under another name first: whoever looks for messages finds whole ones.
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"To: {message.to}\nSubject: {message.words.subject}\n\n{message.words.text}\n")
        part.rename(path)


def latest(folder: Path, most: int) -> list[str]:
    """The text of the last `most` messages, the oldest first."""
    if not folder.is_dir():
        return []
    files = sorted(folder.glob(f"*{SUFFIX}"))[-most:]
    return [file.read_text(encoding="utf-8") for file in files]
