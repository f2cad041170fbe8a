"""QR codes by segno, as SVG to put into a page as it is."""

from __future__ import annotations


def qr_svg(text: str) -> str:
    """An `<svg>` element with a viewBox and no size: the page's style sheet says how large it is.

    Dark on light whatever the page's colours are, because cameras expect that. No style attributes and no
    scripts, because the content security policy forbids them. The page labels it.

    Raises: ValueError — more text than a QR code holds.
    """
    # Here, because most processes never draw one.
    import segno

    code = segno.make_qr(text, error="m")
    return code.svg_inline(dark="#000", light="#fff", border=4, omitsize=True, svgclass=None, lineclass=None)
