"""What each of our keys is for, in words."""

from __future__ import annotations

from idp.oidc.keys import KeyPurpose
from idp.web.locale import lazy_gettext

_PURPOSES = {
    KeyPurpose.PROTOCOL: lazy_gettext("Tokens for apps"),
    KeyPurpose.BROKER: lazy_gettext("Asking other regions"),
    KeyPurpose.ENCRYPTION: lazy_gettext("Requests encrypted to us"),
    KeyPurpose.FEDERATION: lazy_gettext("Statements to the federation"),
    KeyPurpose.BUNDLE: lazy_gettext("The list of regions"),
    KeyPurpose.LOG: lazy_gettext("The logs of what was done"),
    KeyPurpose.WITNESS: lazy_gettext("Standing by logs of others"),
}


def purpose_words(purpose: KeyPurpose) -> str:
    """What keys of this purpose sign."""
    return str(_PURPOSES[purpose])
