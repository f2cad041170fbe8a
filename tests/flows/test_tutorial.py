"""The tutorial works as it is printed: its blocks are taken from the page, in order, and tried."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from idp.cli.demo.people import ANNA, SUN, Person
from tests.architecture.source import ROOT
from tests.support import ports
from tests.support.waiting import wait_until

PAGE = ROOT / "docs" / "tutorial" / "first-mini-app.md"
BASE = ports.block(0, 1, 2, 11, 12, 21)
"""Our own ports, so that a demonstration may run beside the tests."""
PATIENCE_SECONDS = 120


def blocks(language: str) -> list[str]:
    """The page's blocks of one language, with its ports changed to ours."""
    found = re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [block.replace(":80", f":{BASE // 100}").replace("8021", str(BASE + 21)) for block in found]


class Visitor:
    """A browser by hand: it keeps Secure cookies over http on names under localhost, as Chromium does."""

    def __init__(self) -> None:
        self.jars: dict[str, dict[str, str]] = {}
        self.url = ""
        self.text = ""

    def get(self, url: str) -> Visitor:
        return self.go("GET", url, b"")

    def submit(self, action: str, **typed: str) -> Visitor:
        """Fill in the form that leads to `action`, with its hidden fields, and send it."""
        forms = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', self.text, re.DOTALL)
        inside = next(inside for target, inside in forms if unescape(target) == action)
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', inside)
        fields = {name: unescape(value) for name, value in hidden} | typed
        return self.go("POST", urljoin(self.url, action), urlencode(fields).encode())

    def go(self, method: str, url: str, body: bytes) -> Visitor:
        for _ in range(10):
            self.url = url
            location = self.ask(method, url, body)
            if location is None:
                return self
            method, url, body = "GET", urljoin(url, location), b""
        raise AssertionError(f"too many redirects, the last to {url}")

    def ask(self, method: str, url: str, body: bytes) -> str | None:
        """One request; where it leads to, if anywhere."""
        parts = urlsplit(url)
        jar = self.jars.setdefault(parts.hostname or "", {})
        headers = {
            "Host": parts.netloc,
            "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()),
        }
        if body or method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        with closing(HTTPConnection("127.0.0.1", parts.port or 80, timeout=PATIENCE_SECONDS)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self.text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            jar[name] = value
        return answer.getheader("Location")


@contextmanager
def running(
    command: list[str], folder: Path, environment: dict[str, str], is_up: Callable[[str], bool]
) -> Iterator[None]:
    """A process that is told to stop afterwards. `is_up`: whether it can be used, by what it has said."""
    log = folder / f"{len(list(folder.glob('*.log')))}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )

    def said() -> str:
        return log.read_text(encoding="utf-8", errors="replace")

    try:
        wait_until(lambda: is_up(said()) or process.poll() is not None, said)
        assert process.poll() is None, said()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the place of the checkout, with its commands in `.venv/bin`."""
    place = tmp_path_factory.mktemp("tutorial")
    commands = place / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name in ("idp", "flask"):
        (commands / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m {name} "$@"\n')
        (commands / name).chmod(0o755)
    return place


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[str]:
    """The tutorial up to its step 4; gives the app's address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    environment |= {"PYTHONPATH": str(ROOT), "NO_PROXY": "localhost,.localhost,127.0.0.1"}
    make_run, register, start = blocks("sh")
    assert make_run == "make run\n"
    demo = [sys.executable, "-m", "idp", "demo", "--port-base", str(BASE)]
    with running(demo, folder, environment, is_up=lambda said: "Tongxing 通行 is running" in said):
        subprocess.run(["sh", "-eu", "-c", register], cwd=folder, env=environment, check=True)
        (source,) = blocks("python")
        (folder / "var" / "library" / "library.py").write_text(source, encoding="utf-8")
        # `exec`, so that telling the shell to stop tells the app.
        with running(["sh", "-c", f"exec {start}"], folder, environment, is_up=lambda _: listens(BASE + 21)):
            yield f"http://library.apps.localhost:{BASE + 21}/"


def sign_in(person: Person, address: str) -> Visitor:
    """Step 5, up to the consent page."""
    visitor = Visitor()
    visitor.get(address).submit("/sign-in")
    visitor.submit("/login", username=person.username)
    return visitor.submit("/login/password", password=person.password)


def test_the_tutorial_ends_with_a_greeting_and_a_sign_out(library: str) -> None:
    visitor = sign_in(ANNA, library)
    asked = visitor.text

    greeted = visitor.submit("/consent", decision="allow").text
    left = visitor.submit("/sign-out")

    assert "用于向您问好" in asked
    assert f"Hello, {ANNA.name}" in greeted
    assert left.url.startswith(f"{library}?state=")
    assert "Sign in with East" in left.text
    assert "/login?" in visitor.submit("/sign-in").url


def test_who_does_not_agree_comes_back_with_access_denied(library: str) -> None:
    visitor = sign_in(SUN, library)

    visitor.submit("/consent", decision="deny")

    assert visitor.url.startswith(f"{library}callback?")
    assert "access_denied" in visitor.text


def test_the_page_names_the_password_that_works() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert f"`{ANNA.username}` with the password `{ANNA.password}`" in page
    assert f"Hello, {ANNA.name}" in page
