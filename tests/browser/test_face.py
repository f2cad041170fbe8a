"""The face check in Chromium, before a fake camera in which a drawn person does what the page says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Error as PlaywrightError

from tests.browser.axe import violations
from tests.browser.visitor import Citizen, Visitor
from tests.support.chromium import find_chromium, launch_args
from tests.support.drawn_faces import BO, DA, Film, Person, draw
from tests.support.provider import PASSWORD
from tests.support.server import RunningProvider, running_provider
from tests.support.sitter import HOME, LADDER, LOGIN, enrol, obey, wanting_the_third_step

pytestmark = [pytest.mark.browser, pytest.mark.node]

MOST_SECONDS = 90
"""Longer than the page itself goes on."""
TAKEN = {"zh-CN": "您的面部已设置", "en": "Your face is set up"}
_numbers = count(1)

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """A region that compares faces, and counts them."""
    folder = tmp_path_factory.mktemp("faces")
    (folder / "ladder.toml").write_text(LADDER)
    with running_provider(
        f"sqlite:///{folder / 'idp.db'}",
        workers=2,
        face=True,
        face_engine_declared="nowhere: a test",
        assurance_policy=str(folder / "ladder.toml"),
    ) as provider:
        yield provider


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return Film(tmp_path_factory.mktemp("camera") / "camera.mjpeg")


@pytest.fixture(scope="module")
def with_camera(chromium: Browser, film: Film) -> Iterator[Browser]:
    """Another Chromium, whose camera is a film."""
    flags = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film.path}",
    ]
    browser = chromium.browser_type.launch(executable_path=find_chromium(), args=[*launch_args(), *flags])
    yield browser
    browser.close()


@pytest.fixture
def visit(with_camera: Browser, region: RunningProvider) -> Iterator[Visit]:
    visitors: list[Visitor] = []

    def open_profile(language: str = "en", **options: object) -> Visitor:
        context = with_camera.new_context(
            locale=language, viewport={"width": 390, "height": 844}, permissions=["camera"], **options
        )
        visitors.append(Visitor(context, region.guard, frozenset({region.issuer})))
        return visitors[-1]

    yield open_profile
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def somebody(region: RunningProvider) -> tuple[Citizen, Callable[[], str]]:
    """A person with an authenticator app, and what it shows."""
    account = region.person(f"sitter{next(_numbers)}")
    return Citizen(account, PASSWORD), region.enrol_totp(account).code


def before_the_camera(visitor: Visitor, film: Film, who: Person) -> None:
    """Start the camera, and do as the page says until it shows another page."""
    film.show(draw(who))
    shown = "ahead"
    with visitor.page.expect_navigation(timeout=MOST_SECONDS * 1000):
        visitor.find("#face-start").click()
        while (asked := asked_for(visitor)) is not None:
            if asked != shown:
                film.show(draw(who, obey(asked)))
                shown = asked
            visitor.page.wait_for_timeout(50)


def asked_for(visitor: Visitor) -> str | None:
    """The movement that the page asks for now; None when it is over, also where the next page comes meanwhile."""
    arrows = visitor.find("[data-face-stage]:not([hidden]) [data-face-arrow]")
    try:
        found: list[str | None] = arrows.evaluate_all("all => all.map((one) => one.dataset.towards ?? null)")
    except PlaywrightError:
        return None
    return (found[0] or "ahead") if found else None


def to_the_face(visitor: Visitor) -> None:
    """At the page of the face check, of the ways that lead on from here."""
    parts = urlsplit(visitor.page.url)
    visitor.open(f"{visitor.origin}{LOGIN}?{parts.query}")
    assert visitor.path == LOGIN


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_somebody_sets_up_their_face_and_is_recognised(
    visit: Visit,
    region: RunningProvider,
    film: Film,
    somebody: tuple[Citizen, Callable[[], str]],
    language: str,
) -> None:
    person, code = somebody
    visitor = visit(language)
    visitor.open(f"{region.issuer}{HOME}")
    visitor.sign_in(person, code())
    assert visitor.path == HOME
    visitor.press("#face-agree")

    before_the_camera(visitor, film, DA)

    assert visitor.path == HOME
    assert TAKEN[language] in visitor.text
    visitor.open(wanting_the_third_step(region))
    to_the_face(visitor)
    before_the_camera(visitor, film, DA)
    assert visitor.path == "/consent"


def test_somebody_else_is_refused_in_words(
    visit: Visit, region: RunningProvider, film: Film, somebody: tuple[Citizen, Callable[[], str]]
) -> None:
    person, code = somebody
    enrol(region, person.account, DA)
    visitor = visit("en")
    visitor.open(wanting_the_third_step(region))
    visitor.sign_in(person, code())
    to_the_face(visitor)

    before_the_camera(visitor, film, BO)

    assert visitor.path == "/login/face"
    assert "We could not make sure that it is you" in visitor.text
    assert visitor.find("#face-start").is_visible()


def test_without_a_camera_the_page_says_so_and_names_another_way(
    visit: Visit, region: RunningProvider, somebody: tuple[Citizen, Callable[[], str]]
) -> None:
    person, code = somebody
    visitor = visit("en")
    visitor.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    visitor.open(f"{region.issuer}{HOME}")
    visitor.sign_in(person, code())
    visitor.press("#face-agree")

    visitor.find("#face-start").click()

    visitor.find("[data-face-say]:not(:empty)").wait_for()
    assert "We cannot use the camera" in visitor.text
    assert visitor.find("#face-start").is_visible()
    assert visitor.find("main a.button--second").is_visible()


def test_the_camera_page_is_fit_for_everybody_while_it_runs(
    visit: Visit, region: RunningProvider, film: Film, somebody: tuple[Citizen, Callable[[], str]]
) -> None:
    """axe looks at it with the picture, the oval and the words on it; the other pages are seen by every-page tests."""
    person, code = somebody
    visitor = visit("zh-CN")
    visitor.open(f"{region.issuer}{HOME}")
    visitor.sign_in(person, code())
    visitor.press("#face-agree")
    film.show(draw(DA))
    visitor.find("#face-start").click()
    visitor.page.wait_for_selector("[data-face-arrow][data-towards]:visible", state="attached")

    assert violations(visitor.page) == []
    assert visitor.find("[data-face-say][aria-live=assertive]").inner_text() != ""
