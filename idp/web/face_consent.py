"""What somebody agrees to before their face is compared: its own text, apart from every other consent.

Spec: PIPL art. 14, 28 to 31; CAC and MPS Order 19 (2025), art. 5 to 9.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, datetime
from typing import Any

from idp.authn.factors.face_values import FaceConsent
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.services import services

VERSION = "2026-11"
"""Change it with every change of the words, in any language; who agreed to earlier ones stays bound to those."""
AGE_OF_CONSENT = 14
"""Years. Below it a parent or guardian must agree, which this page cannot find out."""


def points() -> tuple[str, ...]:
    """The words, one point each, in the reader's language."""
    region = in_language(services().settings.region_name)
    return (
        _(
            "%(region)s keeps what your face looks like and compares it when you sign in, to make sure that "
            "it is you, and for nothing else.",
            region=region,
        ),
        _(
            "Your face is turned into 128 numbers. The numbers are kept encrypted, with a key of your "
            "own. No picture and no film is kept."
        ),
        _("They stay in this region. Nobody else gets them, and apps learn only that you were recognised."),
        _(
            "They are kept until you delete them here, which you can do at any time. Then the key is "
            "destroyed."
        ),
        _(
            "You do not have to. A passkey or an authenticator app guards your account as well, and offices "
            "serve you at their counters too."
        ),
        _(
            "A face cannot be changed like a password, and somebody may look like you. So it never opens "
            "your account alone."
        ),
    )


def digest() -> str:
    """Of the words that the page shows now; comes back with the agreement."""
    return hashlib.sha256("\n".join((VERSION, *points())).encode()).hexdigest()


def given(shown: str, now: datetime) -> FaceConsent | None:
    """The agreement to the words with the digest `shown`; None when they are not today's, or of another "
    "language."""
    current = digest()
    return (
        FaceConsent(VERSION, current, now) if hmac.compare_digest(shown.encode(), current.encode()) else None
    )


def is_child(birthdate: Any, today: date) -> bool:
    """Whether we know that somebody is too young to agree. Not knowing is no."""
    try:
        born = date.fromisoformat(birthdate)
    except (TypeError, ValueError):
        return False
    return (today.year - born.year) - ((today.month, today.day) < (born.month, born.day)) < AGE_OF_CONSENT
