"""A person's browser, without a screen: follows redirects, keeps cookies, fills forms, reads pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from werkzeug.test import Client, TestResponse

from tests.support.leak_guard import LeakGuard


@dataclass
class Form:
    """A form on a page: where it goes, and what it would send untouched."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    """id → (name, value)."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "input" and self.forms and given.get("name") and given.get("type") != "submit":
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and self.forms:
            self.forms[-1].buttons[given.get("id", "")] = (given.get("name", ""), given.get("value", ""))


@dataclass(frozen=True)
class Page:
    """What the browser shows: a page of ours, or the address outside that it was sent to."""

    status: int
    url: str
    text: str
    headers: dict[str, str]
    is_outside: bool = False

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def form(self, action: str) -> Form:
        """The form that goes to `action`; of several, one that changes something before one that only asks."""
        found = [form for form in self.forms if form.action.partition("?")[0] == action]
        return next((form for form in found if form.method == "post"), found[0])


class Browser:
    """Walks our pages in process."""

    def __init__(self, app: object, origin: str, guard: LeakGuard, address: str = "127.0.0.1") -> None:
        self._client = Client(app)  # type: ignore[arg-type]
        self.origin = origin
        self._guard = guard
        self.address = address
        self.headers: dict[str, str] = {"Accept-Language": "en"}

    def get(self, url: str, *, follow: bool = True, headers: dict[str, str] | None = None) -> Page:
        """Open an address."""
        return self._show(url, self._send("GET", url, None, headers), follow)

    def post(
        self, url: str, fields: dict[str, str], *, follow: bool = True, headers: dict[str, str] | None = None
    ) -> Page:
        """Send a form, with the headers a browser adds to one of our own."""
        own = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        return self._show(url, self._send("POST", url, fields, own | (headers or {})), follow)

    def submit(self, page: Page, action: str, button: str = "", **typed: str) -> Page:
        """Fill and send the form of `page` that goes to `action`, pressing `button` (its id)."""
        form = page.form(action)
        name, value = form.buttons.get(button, ("", ""))
        for secret in (typed.get("password"), typed.get("new_password"), typed.get("current_password")):
            if secret:
                self._guard.remember(secret)
        pressed = {name: value} if name else {}
        return self.post(urljoin(page.url, form.action), {**form.fields, **pressed, **typed})

    def sign_in(self, page: Page, username: str, password: str, totp: str | None = None) -> Page:
        """Walk the sign-in pages from wherever they begin, as far as the password (and code) takes us."""
        page = self.submit(page, "/login", username=username)
        page = self.submit(page, "/login/password", password=password)
        return page if totp is None else self.submit(page, "/login/totp", code=totp)

    def allow(self, page: Page) -> Page:
        """Agree on the consent page."""
        return self.submit(page, "/consent", "consent-allow")

    def cookie(self, name: str) -> str | None:
        """The value of one of our cookies."""
        found = self._client.get_cookie(name, urlsplit(self.origin).hostname or "")
        return found.value if found else None

    @property
    def cookie_header(self) -> str:
        """Every cookie, for a request that is sent without this browser."""
        cookies = self._client._cookies or {}
        return "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies.values())

    def set_cookie(self, name: str, value: str) -> None:
        """Plant a cookie, as an attacker would."""
        self._client.set_cookie(name, value, domain=urlsplit(self.origin).hostname or "")

    def _send(
        self, method: str, url: str, fields: dict[str, str] | None, headers: dict[str, str] | None
    ) -> TestResponse:
        parts = urlsplit(urljoin(self.origin, url))
        return self._client.open(
            path=parts.path,
            query_string=parts.query,
            base_url=self.origin,
            method=method,
            data=fields,
            headers=self.headers | (headers or {}),
            environ_overrides={"REMOTE_ADDR": self.address},
        )

    def _show(self, url: str, response: TestResponse, follow: bool) -> Page:
        url = urljoin(self.origin, url)
        for _ in range(12):
            location = response.headers.get("Location")
            if location is None or not follow:
                break
            url = urljoin(url, location)
            if not url.startswith(self.origin + "/"):
                return Page(response.status_code, url, "", dict(response.headers), is_outside=True)
            response = self._send("GET", url, None, None)
        text = response.get_data(as_text=True)
        self._guard.page(urlsplit(url).path, text)
        return Page(response.status_code, url, text, dict(response.headers))
