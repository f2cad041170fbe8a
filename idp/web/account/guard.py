"""How well the account is guarded and what to do next: for the overview and the security page."""

from __future__ import annotations

from collections.abc import Iterable

from idp.authn.authenticators import Authenticator
from idp.authn.protection import Advice, Protection, advice_for, protection_of
from idp.web.authenticator_words import advice_words, protection_words
from idp.web.locale import lazy_gettext
from idp.web.pages.security import Guard
from idp.web.services import services

ADD_PASSKEY = "/account/security/passkeys/add"
RECOVERY_CODES = "/account/security/recovery-codes"

_WEAK = frozenset({Protection.PASSWORD_ALONE, Protection.TEXT_MESSAGE, Protection.KEY_ALONE})
_NEXT = {
    Advice.ADD_PASSKEY: (ADD_PASSKEY, lazy_gettext("Add a passkey")),
    Advice.MAKE_RECOVERY_CODES: (RECOVERY_CODES, lazy_gettext("Make recovery codes")),
    Advice.ADD_SECOND_WAY: (ADD_PASSKEY, lazy_gettext("Add another passkey")),
}


def guard_of(enrolled: Iterable[Authenticator], recovery_codes_left: int) -> Guard:
    """What the page says of these authenticators."""
    enrolled = tuple(enrolled)
    protection = protection_of(services().assurance, enrolled)
    advice = advice_for(enrolled, recovery_codes_left)
    sentence, is_good = protection_words(protection), protection not in _WEAK
    if advice is None:
        return Guard(sentence, is_good)
    path, label = _NEXT[advice]
    is_form = advice is Advice.MAKE_RECOVERY_CODES
    return Guard(sentence, is_good, advice_words(advice), path, str(label), is_form)
