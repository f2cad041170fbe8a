"""What somebody agrees to before their voice is recorded: its own text, apart from every other consent.

Spec: PIPL art. 14, 28 to 31.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from idp.authn.factors.voice_values import VoiceConsent
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.services import services

VERSION = "2026-11"
"""Change it with every change of the words, in any language; who agreed to earlier ones stays bound to those."""


def points() -> tuple[str, ...]:
    """The words, one point each, in the reader's language."""
    region = in_language(services().settings.region_name)
    return (
        _(
            "%(region)s compares how you say digits with how you said them here, and for nothing else.",
            region=region,
        ),
        _(
            "We keep the shape of your ten digits, encrypted with a key of your own. No recording is kept, "
            "neither now nor when you sign in."
        ),
        _("It stays in this region. Nobody else gets it, and apps learn only that your voice was checked."),
        _("It is kept until you delete it here, which you can do at any time. Then the key is destroyed."),
        _("You do not have to. Everything works without it, and a passkey is far safer."),
        _(
            "A voice can be copied from any recording, and cannot be changed like a password. So it is an "
            "extra sign only: it never opens your account and never makes a sign-in stronger."
        ),
    )


def digest() -> str:
    """Of the words that the page shows now; comes back with the agreement."""
    return hashlib.sha256("\n".join((VERSION, *points())).encode()).hexdigest()


def given(shown: str, now: datetime) -> VoiceConsent | None:
    """The agreement to the words with the digest `shown`; None when they are not today's in this language."""
    current = digest()
    is_same = hmac.compare_digest(shown.encode(), current.encode())
    return VoiceConsent(VERSION, current, now) if is_same else None
