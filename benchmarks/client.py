"""A small keep-alive HTTP/1.1 client and a browser's memory: cheap, and fair to every contestant."""

from __future__ import annotations

import html
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

HIDDEN = re.compile(r"<(input|button)\b[^>]*>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""")
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: its status, its headers by lower-case name, each with all values, and its body."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers["location"][0]


class Connection:
    """One keep-alive connection to a server on this machine."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = f"{host}:{port}"
        self._buffer = b""

    def close(self) -> None:
        self._socket.close()

    def request(self, method: str, target: str, headers: dict[str, str], body: str | None = None) -> Answer:
        """Send one request and read the whole answer. Raises: ConnectionError when the server hangs up."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n" + (body or "")).encode())
        return self._read_answer()

    def _read_answer(self) -> Answer:
        first, *lines = self._read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        if headers.get("transfer-encoding") == ["chunked"]:
            body = self._read_chunks()
        else:
            body = self._read_exactly(int(headers.get("content-length", ["0"])[0]))
        return Answer(int(first.split(" ", 2)[1]), headers, body)

    def _read_chunks(self) -> bytes:
        parts = []
        while size := int(self._read_until(b"\r\n").split(b";")[0], 16):
            parts.append(self._read_exactly(size))
            self._read_exactly(2)
        self._read_until(b"\r\n")
        return b"".join(parts)

    def _read_until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(mark)
        return head

    def _read_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        part, self._buffer = self._buffer[:size], self._buffer[size:]
        return part

    def _fill(self) -> None:
        received = self._socket.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection")
        self._buffer += received


@dataclass(slots=True)
class Form:
    """The form of a page that this walk has to send: where to, and what it already carries."""

    action: str
    fields: dict[str, str]
    names: set[str]


def parse_forms(page: str) -> list[Form]:
    """Every form of a page with its hidden values and the names of its controls."""
    forms = []
    for attributes, inner in FORM.findall(page):
        action = attributes_of(attributes).get("action", "")
        controls = [attributes_of(match.group(0)) for match in HIDDEN.finditer(inner)]
        hidden = {
            c["name"]: c.get("value", "") for c in controls if c.get("type") == "hidden" and "name" in c
        }
        forms.append(Form(action, hidden, {c["name"] for c in controls if "name" in c}))
    return forms


def attributes_of(tag: str) -> dict[str, str]:
    return {name.lower(): html.unescape(value.strip("\"'")) for name, value in ATTRIBUTE.findall(tag)}


@dataclass(slots=True)
class Browser:
    """Carries cookies between pages; keeps `Secure` ones on plain HTTP too, as browsers do on loopback."""

    connection: Connection
    origin: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, url: str) -> Answer:
        return self._send("GET", url, None)

    def post(self, url: str, body: str) -> Answer:
        return self._send("POST", url, body)

    def _send(self, method: str, url: str, body: str | None) -> Answer:
        parts = urlsplit(urljoin(self.origin, url))
        headers = {"Accept": "text/html", "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Origin"] = self.origin
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = self.connection.request(method, target, headers, body)
        for cookie in answer.headers.get("set-cookie", []):
            self._remember(cookie)
        return answer

    def _remember(self, cookie: str) -> None:
        pair, _, attributes = cookie.partition(";")
        name, _, value = pair.strip().partition("=")
        if "max-age=0" in attributes.lower() or "1970" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value
