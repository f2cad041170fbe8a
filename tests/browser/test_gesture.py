"""The pattern in a real browser: drawn with keys and with the mouse, kept in this browser and nowhere else."""

from __future__ import annotations

import pytest

from idp.authn.factors.gesture import KeyAlgorithm
from tests.browser.axe import violations
from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.visitor import Citizen, Visitor
from tests.support.gesture import OTHER_PATTERN, PATTERN
from tests.support.server import RunningProvider

ENROL = "/account/security/gesture"
NO_ED25519 = """() => {
  const real = crypto.subtle.importKey.bind(crypto.subtle);
  crypto.subtle.importKey = (form, bytes, how, ...rest) =>
    how.name === "Ed25519" ? Promise.reject(new Error("unknown")) : real(form, bytes, how, ...rest);
}"""


@pytest.fixture
def guarded(region: RunningProvider, citizen: MakeCitizen) -> tuple[Citizen, str]:
    """Somebody with an authenticator app, and what it shows."""
    somebody = citizen()
    return somebody, region.enrol_totp(somebody.account).code()


def enrolling(visitor: Visitor, region: RunningProvider, guarded: tuple[Citizen, str]) -> None:
    """Sign in and be on the page where a pattern is set up."""
    visitor.open(region.issuer + ENROL)
    visitor.sign_in(*guarded)
    if visitor.path != ENROL:
        visitor.open(region.issuer + ENROL)


def type_pattern(visitor: Visitor, pattern: tuple[int, ...]) -> None:
    """Numbers as on a telephone, then Done; no pointer."""
    visitor.find("[data-part='board']").wait_for()
    visitor.find("[data-dot='1']").focus()
    visitor.type("".join(map(str, pattern)))
    visitor.find("#gesture-done").focus()
    visitor.page.keyboard.press("Enter")


def drag_pattern(visitor: Visitor, pattern: tuple[int, ...]) -> None:
    """Press the button, move from dot to dot, let go."""
    visitor.find("[data-part='board']").wait_for()
    mouse = visitor.page.mouse
    visitor.find("[data-grid]").scroll_into_view_if_needed()
    for index, dot in enumerate(pattern):
        box = visitor.find(f"[data-dot='{dot}']").bounding_box()
        assert box is not None
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=1)
        if index == 0:
            mouse.down()
    mouse.up()


def status(visitor: Visitor) -> str:
    return visitor.find("[data-status]").inner_text()


def enrol_by_keyboard(visitor: Visitor) -> None:
    type_pattern(visitor, PATTERN)
    with visitor.page.expect_navigation(url="**/account/security?**"):
        type_pattern(visitor, PATTERN)


def choose_pattern(visitor: Visitor, region: RunningProvider) -> None:
    """From the first sign-in page to the dots."""
    visitor.open(f"{region.issuer}/account")
    transaction = visitor.find("[name=transaction]").first.get_attribute("value")
    visitor.open(f"{region.issuer}/login/gesture?transaction={transaction}")


def test_by_keyboard_alone_a_pattern_is_set_up_and_signs_in(
    visit: Visit, region: RunningProvider, guarded: tuple[Citizen, str]
) -> None:
    visitor = visit()
    enrolling(visitor, region, guarded)
    assert violations(visitor.page) == []
    type_pattern(visitor, (1, 2, 3))
    assert "Too short" in status(visitor)
    type_pattern(visitor, (1, 2, 3, 6, 9, 8))
    assert "Many people draw this shape" in status(visitor)
    type_pattern(visitor, PATTERN)
    type_pattern(visitor, OTHER_PATTERN)
    assert "not the same" in status(visitor)

    enrol_by_keyboard(visitor)

    visitor.context.clear_cookies()
    choose_pattern(visitor, region)
    visitor.find("[data-part='board']").wait_for()
    assert violations(visitor.page) == []
    visitor.tab_to("[data-dot='1']")
    for key in ("Space", "ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        visitor.page.keyboard.press(key)
    assert "2 dots so far" in status(visitor)
    visitor.type("".join(map(str, PATTERN[2:])))
    assert "6 dots so far" in status(visitor)
    visitor.tab_to("#gesture-done")
    visitor.enter()
    assert visitor.path == "/account"


def test_with_the_mouse_and_in_chinese(
    visit: Visit, region: RunningProvider, guarded: tuple[Citizen, str]
) -> None:
    visitor = visit("zh-CN", viewport={"width": 1280, "height": 900})
    enrolling(visitor, region, guarded)
    visitor.find("#hide-lines").uncheck()
    drag_pattern(visitor, PATTERN)
    with visitor.page.expect_navigation(url="**/account/security?**"):
        drag_pattern(visitor, PATTERN)
    visitor.context.clear_cookies()
    choose_pattern(visitor, region)

    with visitor.page.expect_navigation(url="**/login/gesture"):
        drag_pattern(visitor, OTHER_PATTERN)
    assert "9" in visitor.find("[data-problem]").inner_text()
    with visitor.page.expect_navigation(url="**/account"):
        drag_pattern(visitor, PATTERN)

    assert visitor.path == "/account"


def test_a_browser_without_ed25519_makes_a_key_of_another_kind(
    visit: Visit, region: RunningProvider, guarded: tuple[Citizen, str]
) -> None:
    visitor = visit()
    visitor.context.add_init_script(f"({NO_ED25519})()")
    enrolling(visitor, region, guarded)
    enrol_by_keyboard(visitor)
    visitor.context.clear_cookies()
    choose_pattern(visitor, region)
    with visitor.page.expect_navigation(url="**/account"):
        type_pattern(visitor, PATTERN)

    kept = visitor.page.evaluate("JSON.parse(localStorage.getItem('tongxing.gestures'))[0]")
    key = region.services.stores.device_keys.find(kept["id"])
    assert key is not None
    assert key.algorithm is KeyAlgorithm.P256
    assert key.public_key.hex() not in str(kept)


def test_what_the_browser_keeps_tells_neither_pattern_nor_key(
    visit: Visit, region: RunningProvider, guarded: tuple[Citizen, str]
) -> None:
    """A blob, a salt, and names: sixty-four digits that fit every pattern alike."""
    visitor = visit()
    enrolling(visitor, region, guarded)
    enrol_by_keyboard(visitor)

    (kept,) = visitor.page.evaluate("JSON.parse(localStorage.getItem('tongxing.gestures'))")

    assert kept.keys() == {"id", "label", "algorithm", "salt", "rounds", "blob"}
    assert (len(kept["blob"]), len(kept["salt"]), kept["rounds"]) == (64, 32, 600_000)
    key = region.services.stores.device_keys.find(kept["id"])
    assert key is not None
    assert key.public_key.hex() not in str(kept)


def test_hidden_lines_are_not_drawn(
    visit: Visit, region: RunningProvider, guarded: tuple[Citizen, str]
) -> None:
    visitor = visit()
    enrolling(visitor, region, guarded)
    visitor.find("[data-part='board']").wait_for()
    line, box = visitor.find("[data-line]"), visitor.find("#hide-lines")
    visitor.find("[data-dot='1']").focus()
    visitor.type("15")
    assert (box.is_checked(), line.get_attribute("points")) == (True, "")

    box.uncheck()

    assert line.get_attribute("points") == "50,50 150,150"


def test_it_is_offered_where_it_works_and_nowhere_else(
    visit: Visit, region: RunningProvider, citizen: MakeCitizen
) -> None:
    somebody = citizen()
    app = region.enrol_totp(somebody.account)
    here, elsewhere = visit(), visit()
    enrolling(here, region, (somebody, app.code()))
    enrol_by_keyboard(here)
    here.context.clear_cookies()

    for visitor, is_offered in ((here, True), (elsewhere, False)):
        visitor.open(f"{region.issuer}/account")
        visitor.sign_in(somebody)
        assert visitor.path == "/login/ways"
        assert visitor.find("#way-totp").is_visible()
        assert visitor.find("#way-gesture").is_visible() is is_offered


def test_a_browser_that_holds_no_pattern_says_so(visit: Visit, region: RunningProvider) -> None:
    visitor = visit()
    choose_pattern(visitor, region)

    visitor.find("[data-part='none']").wait_for()
    assert "No pattern of yours is kept in this browser" in visitor.text
    visitor.press(".other-way a")
    assert visitor.path == "/login"


def test_without_a_script_the_page_leads_elsewhere(visit: Visit, region: RunningProvider) -> None:
    visitor = visit(java_script_enabled=False)
    choose_pattern(visitor, region)

    assert "this page needs JavaScript" in visitor.text
    visitor.press(".other-way a")
    assert visitor.path == "/login"
