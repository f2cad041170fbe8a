"""Two browsers, a screen and a phone: scanned with a camera, confirmed with a passkey, in Chromium."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, expect

from idp.authn.factors.passkey_values import PasskeyKind
from idp.authn.permit import Ground, Permit
from tests.browser.axe import violations
from tests.browser.camera import Camera
from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.mini_app import Site
from tests.browser.visitor import Citizen, Visitor
from tests.support.chromium import find_chromium, launch_args
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser

SCAN = "/account/scan"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
MAKE_PASSKEY = """async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({ publicKey })).toJSON();
}"""


def take_phone(visitor: Visitor, region: RunningProvider, citizen: Citizen) -> None:
    """Sign in on the phone, then make a passkey on it."""
    visitor.open(f"{region.issuer}/account")
    visitor.sign_in(citizen)
    wire = visitor.context.new_cdp_session(visitor.page)
    wire.send("WebAuthn.enable")
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    permit, now = Permit(citizen.account.id, Ground.OPERATOR), region.clock.now()
    passkeys = region.services.passkeys
    ceremony = passkeys.begin_enrolment(
        permit, b"test", PasskeyKind.PASSKEY, username=citizen.username, display_name="", now=now
    )
    made = visitor.page.evaluate(MAKE_PASSKEY, dict(ceremony.options))
    passkeys.complete_enrolment(permit, ceremony.challenge_id, b"test", json.dumps(made), "", now=now)


def open_code(visitor: Visitor, tax: Site) -> None:
    """Choose the phone as the way to sign in to Tax, and see the code."""
    visitor.open(tax.address)
    visitor.press("#sign-in")
    choose_phone(visitor)
    visitor.find("[data-qr-drawing] svg").wait_for()


def choose_phone(visitor: Visitor) -> None:
    """Of the ways to sign in, the phone."""
    visitor.open(visitor.page.url.replace("/login?", "/login/qr?"))


def scanned_address(visitor: Visitor, region: RunningProvider) -> str:
    """What the camera app of a phone would read off the screen."""
    sign_in_id = visitor.find("[data-qr-finish] [data-qr-id]").input_value()
    sign_in = region.services.stores.qr_sign_ins.find(sign_in_id)
    assert sign_in is not None
    return f"{region.issuer}/qr#{region.services.qr_sign_ins.code(sign_in, now=region.clock.now())}"


def scan(phone: Visitor, camera: Camera, screen: Visitor) -> None:
    """Hold the phone in front of the screen until it has read the code. What is there changes every few seconds."""
    phone.find("#scan-start").click()
    phone.find("#scan-stop").wait_for()
    place: Any = screen.find("[data-qr-drawing]").bounding_box()

    def is_read() -> bool:
        camera.see(screen.page.screenshot(clip=place))
        return phone.path != SCAN

    phone.wait_until(is_read)


def number_on(screen: Visitor) -> str:
    """The two digits, once they are there."""
    number = screen.find("[data-qr-number]")
    expect(number).to_have_text(re.compile(r"^\d\d$"))
    return number.inner_text()


@pytest.fixture
def camera(tmp_path: Path) -> Camera:
    return Camera(tmp_path / "camera.mjpeg")


@pytest.fixture
def phone_with_camera(
    camera: Camera, chromium: Browser, region: RunningProvider, tax: Site
) -> Iterator[Visitor]:
    """A phone of its own, because a browser has the camera it was started with."""
    browser = chromium.browser_type.launch(
        executable_path=find_chromium(), args=[*launch_args(), *camera.launch_args]
    )
    context = browser.new_context(locale="en", viewport={"width": 390, "height": 844})
    visitor = Visitor(context, region.guard, frozenset({region.issuer, tax.address}))
    yield visitor
    browser.close()
    assert visitor.complaints == []


def test_the_camera_app_leads_to_the_phones_page_and_the_screen_goes_on_by_itself(
    visit: Visit, region: RunningProvider, tax: Site, citizen: MakeCitizen
) -> None:
    """The two browsers are served by whichever worker process comes first."""
    person, phone = citizen(), visit("zh-CN")
    screen = visit("zh-CN", viewport={"width": 1280, "height": 900})
    take_phone(phone, region, person)
    open_code(screen, tax)
    assert violations(screen.page) == []

    phone.page.goto(scanned_address(screen, region))
    phone.page.wait_for_url("**/qr/confirm?*")
    assert violations(phone.page) == []
    number = number_on(screen)
    assert violations(screen.page) == []
    phone.fill("#number", number)
    phone.press("#qr-number")
    assert violations(phone.page) == []
    phone.press("#qr-approve")
    screen.page.wait_for_url("**/consent?*")

    assert "#" not in phone.page.url
    assert phone.path == "/qr/confirm"
    screen.press("#consent-allow")
    assert person.name in screen.text


def test_the_page_scans_with_the_camera_what_is_on_the_screen(
    visit: Visit,
    phone_with_camera: Visitor,
    camera: Camera,
    region: RunningProvider,
    tax: Site,
    citizen: MakeCitizen,
) -> None:
    """A photograph of the screen, tilted and in JPEG, read by the vendored decoder. Nothing here knows the code."""
    phone, screen, person = phone_with_camera, visit(viewport={"width": 1280, "height": 900}), citizen()
    take_phone(phone, region, person)
    phone.open(region.issuer + SCAN)
    open_code(screen, tax)

    scan(phone, camera, screen)
    phone.page.wait_for_url("**/qr/confirm?*")

    assert any("/jsQR.js" in url for url in phone.requested)
    assert phone.find("#number").is_visible()
    number_on(screen)


def test_a_foreign_code_is_named_and_not_opened(
    phone_with_camera: Visitor, camera: Camera, region: RunningProvider, citizen: MakeCitizen
) -> None:
    phone, drawn = phone_with_camera, io.BytesIO()
    phone.open(region.issuer + SCAN)
    phone.sign_in(citizen())
    segno.make_qr("https://evil.example/qr#qr_abc.1.mac").save(drawn, kind="png", scale=8)
    camera.see(drawn.getvalue())

    phone.find("#scan-start").click()
    expect(phone.find("[data-scanner-status]")).to_contain_text("Nothing was opened")

    assert phone.path == SCAN
    phone.find("#scan-stop").click()
    assert phone.find("#scan-start").is_visible()
    assert not phone.find("video").is_visible()


def test_the_browsers_own_reader_is_preferred(
    phone_with_camera: Visitor, camera: Camera, region: RunningProvider, citizen: MakeCitizen
) -> None:
    """Where there is a BarcodeDetector, the decoder is not even loaded."""
    phone = phone_with_camera
    phone.page.add_init_script("""window.BarcodeDetector = class {
      static async getSupportedFormats() { return ["qr_code"]; }
      async detect() { return [{ rawValue: "the browser's own reader" }]; }
    };""")
    phone.open(region.issuer + SCAN)
    phone.sign_in(citizen())

    camera.show(Image.new("RGB", (640, 480), "white"))
    phone.find("#scan-start").click()
    expect(phone.find("[data-scanner-status]")).to_contain_text("Nothing was opened")

    assert not any("/jsQR.js" in url for url in phone.requested)


def test_no_on_the_phone_is_seen_on_the_screen_which_can_show_a_new_code(
    visit: Visit, region: RunningProvider, tax: Site, citizen: MakeCitizen
) -> None:
    phone, screen = visit(), visit()
    take_phone(phone, region, citizen())
    open_code(screen, tax)
    phone.page.goto(scanned_address(screen, region))
    phone.page.wait_for_url("**/qr/confirm?*")
    first = screen.find("[data-qr-finish] [data-qr-id]").input_value()

    phone.press("#qr-deny")
    screen.find("[data-when=denied]").wait_for()
    said = screen.find("[data-qr-status]").inner_text()
    screen.find("#qr-again").click()
    screen.find("[data-qr-drawing] svg").wait_for()

    assert phone.path == "/qr/stopped"
    assert "stopped on the phone" in said
    assert screen.find("[data-qr-finish] [data-qr-id]").input_value() != first


def test_the_screen_redraws_one_question_at_a_time_and_reports_trouble_in_words(
    visit: Visit, tax: Site
) -> None:
    screen = visit()
    asked: list[Any] = []
    open_code(screen, tax)
    drawn = screen.find("[data-qr-drawing] svg path").last
    expect(drawn).not_to_have_attribute("d", drawn.get_attribute("d") or "")

    screen.page.route("**/login/qr/state", lambda route: asked.append(route))
    screen.wait_until(lambda: len(asked) > 0)
    # Longer than from one question to the next, and not so long that the page gives this one up.
    screen.page.wait_for_timeout(2500)
    assert len(asked) == 1
    asked[0].abort()

    expect(screen.find("[data-qr-trouble]")).to_contain_text("cannot be reached")
    # What this test did itself is no complaint.
    assert screen.complaints == ["console: Failed to load resource: net::ERR_FAILED"]
    screen.complaints.clear()


def test_without_scripts_the_other_ways_are_one_press_away(visit: Visit, tax: Site) -> None:
    screen = visit(java_script_enabled=False)
    screen.open(tax.address)
    screen.press("#sign-in")
    choose_phone(screen)

    assert "needs JavaScript" in screen.text
    screen.press("#qr-other")
    assert screen.path == "/login"
