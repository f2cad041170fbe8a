"""What a passkey sign-in costs the provider, and one face check the process that looks: CPU per operation.

The passkey through the provider's HTTP: the question, and the answer that opens the session; not the page before them.
The face in this process, by the bundled engine without its pool: one drawn picture, found and turned into numbers.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from benchmarks.client import Answer, Browser, Connection, parse_forms
from benchmarks.contestants import Contestant, provider
from benchmarks.load import Driver, Unexpected, Work, expect, spread
from benchmarks.report import aligned, spread_of
from benchmarks.rounds import drive
from idp.adapters.dlib_face import DlibFaceEngine, missing_packages
from idp.web.cookies import SESSION
from tests.support.software_authenticator import SoftwareAuthenticator

PORT = 18172
ROUNDS, SIGN_INS, FACES = 5, 60, 6
SIGN_IN = "/login/passkey"
PASSKEYS = "/account/security/passkeys"

Opened = tuple[dict[str, str], dict[str, str]]
"""A sign-in page that waits: the browser's cookies, and what its passkey form carries."""


class PasskeyDriver(Driver):
    """Drives the provider: one person with one passkey, and a new browser for every sign-in."""

    def __init__(self, contestant: Contestant) -> None:
        super().__init__(contestant)
        # Two connections show the same passkey at once, so it always counts zero, as that of many a phone.
        self._authenticator = SoftwareAuthenticator(counts=False)

    def prepare(self) -> None:
        """Sign in with the password, and enrol the passkey."""
        super().prepare()
        self._one(self._enrol)

    def operations(
        self,
    ) -> dict[str, tuple[Work, Callable[[int], Sequence[Any]], Callable[[list[Any]], None]]]:
        """Opening the pages belongs to choosing the items, so it is not measured."""

        def opened(count: int) -> Sequence[Opened]:
            return spread(self.contestant.port, self._open, range(count))

        return {"passkey": (self._sign_in_with_passkey, opened, lambda results: None)}

    def _enrol(self, connection: Connection, _: object) -> None:
        browser = Browser(connection, self.contestant.issuer, dict(self._cookies))
        fields = fields_of(browser.get(f"{PASSKEYS}/add"), f"{PASSKEYS}/add")
        asked = ask(browser, f"{PASSKEYS}/options", fields)
        made = self._authenticator.create(asked["options"], origin=self.contestant.issuer)
        expect(answer(browser, f"{PASSKEYS}/add", fields, asked, made), 303)

    def _open(self, connection: Connection, _: object) -> Opened:
        browser = Browser(connection, self.contestant.issuer)
        url = self._authorization_url()
        location = expect(browser.get(url), 302, 303).location
        fields = fields_of(browser.get(urljoin(url, location)), SIGN_IN)
        return browser.cookies, fields

    def _sign_in_with_passkey(self, connection: Connection, opened: Opened) -> None:
        cookies, fields = opened
        browser = Browser(connection, self.contestant.issuer, cookies)
        asked = ask(browser, f"{SIGN_IN}/options", fields)
        shown = self._authenticator.get(asked["options"], origin=self.contestant.issuer)
        expect(answer(browser, SIGN_IN, fields, asked, shown), 303)
        if SESSION not in browser.cookies:
            raise Unexpected("a passkey was taken and no session opened")


def fields_of(page: Answer, action: str) -> dict[str, str]:
    """What the page's form to `action` carries. Raises: Unexpected."""
    for form in parse_forms(expect(page, 200).body.decode()):
        if form.action == action:
            return form.fields
    raise Unexpected(f"a page without a form to {action}")


def ask(browser: Browser, path: str, fields: dict[str, str]) -> Any:
    """The question that a page's script fetches for the authenticator."""
    return json.loads(expect(browser.post(path, urlencode(fields)), 200).body)


def answer(browser: Browser, path: str, fields: dict[str, str], asked: Any, said: dict[str, Any]) -> Answer:
    """Send the form with what the authenticator said."""
    answered = {"challenge": asked["challenge"], "answer": json.dumps(said)}
    return browser.post(path, urlencode(fields | answered))


def passkey_row(folder: Path) -> list[str]:
    """A sign-in by HTTP, on SQLite; round 0 is dropped."""
    synchronous = os.environ.get("BENCH_SYNC", "full")
    contestant = provider("SQLite", f"sqlite:///{folder / 'idp.db'}", PORT, folder, synchronous)
    contestant.start()
    try:
        driver = PasskeyDriver(contestant)
        driver.prepare()
        figures = [drive(driver, "passkey", SIGN_INS, None) for _ in range(ROUNDS + 1)]
        return ["passkey sign-in: question, answer, session", spread_of(figures[1:])]
    finally:
        contestant.stop()


def face_rows() -> list[list[str]]:
    """Finding a face and turning it into numbers; round 0 is dropped. Needs the extra `face`."""
    from tests.support.drawn_faces import DA, draw, jpeg

    engine, picture = DlibFaceEngine(), jpeg(draw(DA))
    faces = engine.find(picture)
    if len(faces) != 1:
        raise Unexpected(f"{len(faces)} faces in a picture of one")
    finding = [cpu_of(lambda: engine.find(picture)) for _ in range(ROUNDS + 1)]
    embedding = [cpu_of(lambda: engine.embed(picture, faces[0])) for _ in range(ROUNDS + 1)]
    both = [find + embed for find, embed in zip(finding, embedding, strict=True)]
    rows = {"face, 640 × 480: find": finding, "embed": embedding, "one check: both": both}
    return [[name, spread_of(figures[1:])] for name, figures in rows.items()]


def cpu_of(work: Callable[[], object]) -> float:
    """Microseconds of this process's CPU that `work` costs, the mean of a round."""
    started = time.process_time()
    for _ in range(FACES):
        work()
    return (time.process_time() - started) * 1e6 / FACES


def main() -> None:
    """Print the table."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = [["factor", "µs CPU"]]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        rows.append(passkey_row(Path(name)))
    missing = missing_packages()
    if missing:
        print(f"left out: the face check needs the extra `face` ({', '.join(missing)} not installed)")
    else:
        rows += face_rows()
    print(aligned(rows))
