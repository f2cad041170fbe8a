"""Somebody before the camera of a face check, in process: begins it, sends drawn frames, sends the form.

`before_camera` gives a provider the face check with an engine in this process, which is loaded once for all tests.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from idp.accounts.person import Account
from idp.adapters.dlib_face import DlibFaceEngine
from idp.adapters.sealing import Sealer
from idp.adapters.template_vault import RotatingVault
from idp.authn.assurance import Assurance
from idp.authn.assurance_policy import AssurancePolicy
from idp.authn.challenges import ChallengePurpose
from idp.authn.factors.face import Faces
from idp.authn.factors.face_values import Asked, FaceConsent, FaceEngine
from idp.authn.factors.liveness import Embedding, Face
from idp.authn.permit import Ground, Permit
from idp.oidc.acr import AcrNames
from tests.support.browser import Browser, Page
from tests.support.drawn_faces import AHEAD, LEFT, RIGHT, UP, Person, Pose, draw, jpeg
from tests.support.provider import PASSWORD, Authenticator, Provider

HOME = "/account/security/face"
LOGIN = "/login/face"
MOST_FRAMES = 40

LADDER = """
name = "for tests: a live face after any two factors"
[[level]]
level = 1
ways = [["knowledge"], ["possession user_verified"]]
[[level]]
level = 2
ways = [["knowledge", "possession"], ["possession user_verified"]]
[[level]]
level = 3
ways = [["knowledge", "possession", "live_face declared_engine"]]
"""


class RememberingEngine(DlibFaceEngine):
    """The bundled engine, which need not look twice at the same picture: what it says depends on nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self._found = cache(super().find)
        self._embedded = cache(super().embed)

    def find(self, image: bytes) -> tuple[Face, ...]:
        self.looks += 1
        return self._found(image)

    def embed(self, image: bytes, face: Face) -> Embedding:
        return self._embedded(image, face)


@cache
def shared_engine() -> RememberingEngine:
    """Loaded once for all tests."""
    return RememberingEngine()


def before_camera(
    provider: Provider, folder: Path, *, engine: FaceEngine | None = None, is_declared: bool = True
) -> Provider:
    """The same provider with the face check on, and a ladder on which a face is the third step."""
    settings, services = provider.settings, provider.services
    ladder = folder / "ladder.toml"
    ladder.write_text(LADDER)
    assurance = Assurance(AssurancePolicy.load(str(ladder)))
    faces = Faces(
        services.stores.faces,
        services.stores.challenges,
        engine or shared_engine(),
        RotatingVault(settings.secret_key, services.entropy),
        Sealer(settings.secret_key, services.entropy),
        services.throttle,
        services.entropy,
        is_declared=is_declared,
    )
    changed = replace(
        services, faces=faces, assurance=assurance, acr=AcrNames(settings.acr_prefix, assurance.highest)
    )
    return Provider(replace(settings, face=True), changed, provider.clock, provider.guard)


def enrol(provider: Provider, account: Account, who: Person) -> None:
    """Set up somebody's face without walking the pages."""
    faces, now = given(provider), provider.clock.now()
    permit = Permit(account.id, Ground.OPERATOR)
    consent = FaceConsent("for tests", "00" * 32, now)
    check = Asked(
        faces.begin_enrolment(permit, consent, b"test", now=now),
        ChallengePurpose.FACE_ENROLMENT,
        account.id,
        b"test",
    )
    hint, step = "ahead", 0
    for number in range(MOST_FRAMES):
        provider.clock.advance(seconds=0.1)
        progress = faces.see(check, step, frame(who, obey(hint), number % 8), now=provider.clock.now())
        hint, step = progress.hint, progress.step
        if progress.is_over:
            break
    faces.finish_enrolment(permit, check, now=provider.clock.now())


def given(provider: Provider) -> Faces:
    faces = provider.services.faces
    assert faces is not None
    return faces


Sees = Callable[[str, int], bytes]
"""From a hint and the frame's number to the picture that is sent."""


def obey(hint: str) -> Pose:
    """What somebody does who follows the instructions."""
    return {"left": LEFT, "right": RIGHT, "up": UP}.get(hint, AHEAD)


def willing(who: Person) -> Sees:
    """Somebody who does what is asked."""
    return lambda hint, number: frame(who, obey(hint), number % 8)


def played(pictures: Iterable[bytes]) -> Sees:
    """A film, whatever is asked; its last picture stays."""
    film = list(pictures)
    return lambda hint, number: film[min(number, len(film) - 1)]


@cache
def frame(who: Person, pose: Pose, number: int) -> bytes:
    """A picture, and never quite the same one twice in a row."""
    return jpeg(_drawn(who, pose), quality=80 + number % 8)


@cache
def _drawn(who: Person, pose: Pose) -> Any:
    return draw(who, pose)


@dataclass
class Sitter:
    """A browser before the camera, at one of the two pages that have one."""

    provider: Provider
    browser: Browser
    page: Page
    action: str
    """Where the form of the camera page goes."""
    seconds: float = 0.1
    """Between two frames."""
    step: int = 0
    hint: str = "ahead"
    challenge: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    def begin(self) -> dict[str, Any]:
        """What the page's script does when the camera runs."""
        answer = self.ask(self._path("begin"))
        self.challenge = answer.get("challenge", "")
        self.step, self.hint = answer.get("step", 0), answer.get("hint", "")
        return answer

    def show(self, picture: bytes, **changes: str) -> dict[str, Any]:
        """Send one frame."""
        self.provider.clock.advance(seconds=self.seconds)
        self.sent.append(picture)
        answer = self.ask(self._path("frame"), frame=picture, **{"step": str(self.step), **changes})
        self.step, self.hint = answer.get("step", self.step), answer.get("hint", self.hint)
        return answer

    def sit(self, sees: Sees, most: int = MOST_FRAMES) -> bool:
        """Begin and show frames. True when the server said that it is over."""
        self.begin()
        return any(self.show(sees(self.hint, number)).get("over") for number in range(most))

    def finish(self) -> Page:
        """What the page's script does when it is over."""
        return self.browser.post(self.action, {**self.fields, "challenge": self.challenge})

    def walk(self, sees: Sees, most: int = MOST_FRAMES) -> Page:
        """All of it."""
        self.sit(sees, most)
        return self.finish()

    def ask(self, path: str, frame: bytes | None = None, **more: str) -> dict[str, Any]:
        fields: dict[str, Any] = {**self.fields, "challenge": self.challenge, **more}
        if frame is not None:
            fields["frame"] = (io.BytesIO(frame), "blob", "image/jpeg")
        answered = self.browser.post(path, fields, follow=False)
        try:
            answer: dict[str, Any] = {"status": answered.status, **json.loads(answered.text)}
        except ValueError:
            answer = {"status": answered.status, "page": answered.text}
        self.answers.append(answer)
        return answer

    @property
    def fields(self) -> dict[str, str]:
        return self.page.form(self.action).fields

    def _path(self, what: str) -> str:
        return f"{self.action.removesuffix('/done')}/{what}"


def sign_in(provider: Provider, browser: Browser, phone: Authenticator, username: str = "gulbahar") -> Page:
    """Password and code, to the account."""
    page = browser.get("/account")
    if page.path == "/login":
        page = browser.sign_in(page, username, PASSWORD, phone.code())
    assert page.path == "/account", page.text
    provider.clock.advance(seconds=31)
    return page


def at_enrolment(provider: Provider, browser: Browser) -> Sitter:
    """Agree, and be at the camera. The person is signed in."""
    page = browser.submit(browser.get(HOME), HOME)
    return Sitter(provider, browser, page, f"{HOME}/done")


def at_sign_in(provider: Provider, browser: Browser) -> Sitter:
    """A mini-app wants the third step, and the signed-in person is at the camera."""
    page = browser.get(wanting_the_third_step(provider))
    transaction = page.form("/login/cancel").fields["transaction"]
    page = browser.get(f"{LOGIN}?{urlencode({'transaction': transaction})}")
    assert page.path == LOGIN, page.text
    return Sitter(provider, browser, page, LOGIN)


def wanting_the_third_step(provider: Provider) -> str:
    """The link of a mini-app; a new app each time, so that none has an earlier answer."""
    app = provider.client(f"app-{provider.services.entropy.token(8).lower()}")
    return app.begin(acr_values=provider.settings.acr_prefix + "3").url
