"""What people find in their mail and on their telephones: messages written to a folder instead of being sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from idp.adapters.file_messages import latest
from idp.authn.messages import Channel
from tests.support.provider import Provider

_FIRST_DIGITS = re.compile(r"\A\d{6}\b")


@dataclass(frozen=True)
class Letter:
    """A message that arrived."""

    to: str
    subject: str
    text: str

    @property
    def code(self) -> str:
        """The six digits that it begins with."""
        found = _FIRST_DIGITS.match(self.text)
        assert found is not None, "the message does not begin with six digits"
        return found[0]


@dataclass
class Mailbox:
    """Everybody's mail and telephones together."""

    folder: Path
    provider: Provider

    def letters(self) -> list[Letter]:
        """All that arrived until now, the oldest first; what waits is sent first."""
        for channel in Channel:
            self.provider.services.post.deliver(channel)
        return [read_letter(text) for text in latest(self.folder, 1_000)]

    def to(self, recipient: str) -> list[Letter]:
        """What one person got."""
        return [letter for letter in self.letters() if letter.to == recipient]

    def code_for(self, recipient: str) -> str:
        """The latest code that one person got; it must not come back on a page or in a log."""
        code = self.to(recipient)[-1].code
        self.provider.guard.remember(code)
        return code


@contextmanager
def with_mailbox(provider: Provider, folder: Path) -> Iterator[tuple[Provider, Mailbox]]:
    """The same provider, able to send; and where what it sends arrives."""
    with provider.twin(message_folder=folder) as able:
        yield able, Mailbox(folder, able)


def read_letter(text: str) -> Letter:
    """A message as the folder keeps it."""
    head, _, body = text.partition("\n\n")
    to, subject = (line.partition(": ")[2] for line in head.split("\n"))
    return Letter(to, subject, body.rstrip("\n"))
