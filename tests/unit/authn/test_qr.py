"""QR codes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from idp.adapters.qr import qr_svg

URI = (
    "otpauth://totp/%E4%B8%9C%E5%8C%BA:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=%E4%B8%9C%E5%8C%BA"
)


def test_the_drawing_scales_and_needs_nothing_that_the_page_s_policy_forbids() -> None:
    svg = ElementTree.fromstring(qr_svg(URI))

    assert svg.tag.removeprefix("{http://www.w3.org/2000/svg}") == "svg"
    assert "viewBox" in svg.attrib
    assert not {"width", "height"} & set(svg.attrib)
    for element in svg.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in ("svg", "path", "g")
        assert set(element.attrib) <= {"viewBox", "d", "fill", "stroke", "transform"}


def test_it_is_dark_on_light_whatever_the_page_s_colours_are() -> None:
    colours = {
        value
        for element in ElementTree.fromstring(qr_svg(URI)).iter()
        for value in (element.get("fill"), element.get("stroke"))
    }

    assert colours - {None} == {"#fff", "#000"}


def test_more_text_than_a_code_holds_is_an_error() -> None:
    with pytest.raises(ValueError, match="too large"):
        qr_svg("x" * 10_000)
