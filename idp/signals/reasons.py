"""Why something happened, in the words that an event carries. Spec: CAEP 1.0 §2."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

EN, ZH = "en", "zh-CN"


class Initiator(StrEnum):
    """Whose doing it was. CAEP 1.0 §2, `initiating_entity`."""

    USER = "user"
    ADMIN = "admin"
    POLICY = "policy"


class Reason(StrEnum):
    """What happened here."""

    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    ACCOUNT_DISABLED = "account_disabled"
    RECOVERED = "recovered"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    TRUST_WITHDRAWN = "trust_withdrawn"
    CREDENTIAL_CHANGED = "credential_changed"
    LEVEL_LOWERED = "level_lowered"


_WORDS: Mapping[Reason, tuple[Initiator, str, str]] = {
    Reason.SESSION_ENDED: (Initiator.USER, "The session was ended.", "该会话已结束。"),
    Reason.SESSIONS_ENDED: (
        Initiator.USER,
        "The person ended their sessions, or changed what they prove themselves with.",
        "本人结束了会话，或更改了登录凭据。",
    ),
    Reason.ACCOUNT_DISABLED: (Initiator.ADMIN, "The account was switched off.", "该账户已停用。"),
    Reason.RECOVERED: (Initiator.USER, "The account was recovered.", "该账户已找回。"),
    Reason.CONSENT_WITHDRAWN: (
        Initiator.USER,
        "The person withdrew their consent to this application.",
        "本人撤回了对本应用的授权。",
    ),
    Reason.TRUST_WITHDRAWN: (
        Initiator.POLICY,
        "The region that vouched for the person is not trusted as far as before.",
        "为该用户担保的地区不再受到同等程度的信任。",
    ),
    Reason.CREDENTIAL_CHANGED: (
        Initiator.USER,
        "What the person proves themselves with was changed.",
        "该用户的登录凭据已更改。",
    ),
    Reason.LEVEL_LOWERED: (
        Initiator.POLICY,
        "The person can prove themselves less strongly than before.",
        "该用户可达到的认证级别已降低。",
    ),
}


def told(reason: Reason) -> dict[str, object]:
    """The members of an event that say why, and whose doing it was. Both audiences read the same sentence."""
    initiator, english, chinese = _WORDS[reason]
    words = {EN: english, ZH: chinese}
    return {"initiating_entity": initiator.value, "reason_admin": words, "reason_user": words}
