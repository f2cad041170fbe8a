"""Text messages by a program of the operator's: the bridge to whatever gateway the region uses."""

from __future__ import annotations

import json
import os
import shlex
import subprocess

from idp.authn.messages import Message, MessageDelayed

TIMEOUT_SECONDS = 15


class BadCommand(ValueError):
    """The command cannot be read."""


class CommandMessenger:
    """Implements `idp.authn.messages.Messenger` for text messages.

    The program reads `{"to": "+86…", "text": "…"}` from standard input and ends with 0 once the gateway took it.
    No shell is between, and nothing of the message is among the arguments, which every process may see.
    """

    def __init__(self, command: str) -> None:
        """`command` is split into words as a shell would. Raises: BadCommand."""
        try:
            self._arguments = shlex.split(command)
        except ValueError as error:
            raise BadCommand("the command for text messages has an open quotation") from error
        if not self._arguments:
            raise BadCommand("the command for text messages is empty")

    def send(self, message: Message) -> None:
        asked = json.dumps({"to": message.to, "text": message.words.text}, ensure_ascii=False)
        try:
            ended = subprocess.run(
                self._arguments,
                input=asked.encode(),
                # What it says could quote the message, so it is not kept.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT_SECONDS,
                env=_environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            # Not "from": the exception holds the command's output.
            raise MessageDelayed(f"the program took more than {TIMEOUT_SECONDS} seconds") from None
        except OSError as error:
            raise MessageDelayed(f"the program cannot be run: {error.strerror}") from error
        if ended.returncode != 0:
            raise MessageDelayed(f"the program ended with {ended.returncode}")


def _environment() -> dict[str, str]:
    """Everything but our own settings: the secret key among them is none of the program's business."""
    return {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
