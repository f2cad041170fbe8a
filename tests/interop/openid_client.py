"""Works a relying party made with npm openid-client: one Node.js process, a line of JSON each way."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.node import SCRIPTS, find_node, package_file

STOP_SECONDS = 60


class Refused(Exception):
    """openid-client would not go on. `error` is the provider's code, `code` its own."""

    def __init__(self, code: str | None, error: str | None, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.error = error


class OpenidClient:
    """The process. Every command names its relying party by `client_id`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def do(self, command: str, client_id: str, **arguments: Any) -> Any:
        """Send a command of `tests/node/openid_client.mjs` and return what it answers.

        Raises: Refused.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, "client_id": client_id, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the script ended; what it said is above"
        answer = json.loads(line)
        if refused := answer.get("refused"):
            raise Refused(refused.get("code"), refused.get("error"), json.dumps(refused))
        return answer["done"]


@contextmanager
def openid_client() -> Iterator[OpenidClient]:
    """Start the script, and see that it ends well. Raises: NodeMissing."""
    package_file("openid-client", "package.json")
    command = [str(find_node()), str(SCRIPTS / "openid_client.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield OpenidClient(process)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(STOP_SECONDS) == 0
        finally:
            process.kill()
