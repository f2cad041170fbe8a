"""Getting back into an account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import LATER, LONG_NAME, TOKEN, Problem


@dataclass(frozen=True, slots=True)
class RecoverPage:
    """Whose account? The same page and answer for known and unknown identifiers."""

    template: ClassVar[str] = "recover/identifier.html"
    app: ClassVar[None] = None
    step_token: str
    username: str = ""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[RecoverPage, ...]:
        usual = cls(TOKEN)
        empty = Problem("Enter your user name, e-mail address or telephone number.", "username")
        return (usual, replace(usual, username=LONG_NAME * 4, problem=empty))


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """One way to show that the account is one's own. `anchor` is the value of its button."""

    anchor: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class RecoverAnchorsPage:
    """What do you still have? Two of these are needed; `proved` says in words which were shown."""

    template: ClassVar[str] = "recover/anchors.html"
    app: ClassVar[None] = None
    step_token: str
    anchors: tuple[AnchorLine, ...]
    proved: tuple[str, ...] = ()
    waiting_words: str = "1 day"
    """How long the waiting will be, in words."""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[RecoverAnchorsPage, ...]:
        email = AnchorLine("email", "Code by e-mail", "We send 6 digits to your verified e-mail address")
        sms = AnchorLine("text_message", "Code by text message", "We send 6 digits to your verified number")
        codes = AnchorLine("recovery_code", "Recovery code", "One of the codes you wrote down")
        usual = cls(TOKEN, (email, sms, codes))
        wait = Problem("There were too many wrong attempts. Wait 30 seconds, then try again.")
        return (
            usual,
            replace(usual, problem=wait),
            cls(TOKEN, (sms, codes), proved=(email.label,)),
            cls(TOKEN, (), proved=(email.label,)),
        )


@dataclass(frozen=True, slots=True)
class RecoverCodePage:
    """Enter the code of one anchor. `challenge` is empty where no message was sent."""

    template: ClassVar[str] = "recover/code.html"
    app: ClassVar[None] = None
    step_token: str
    anchors_token: str
    """For asking for another code."""
    anchor: str
    challenge: str = ""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[RecoverCodePage, ...]:
        email = cls(TOKEN, TOKEN, "email", "ch_sample")
        wrong = Problem("This code is wrong or has expired. Check it, or ask for a new one.", "code")
        return (
            email,
            replace(email, problem=wrong),
            cls(TOKEN, TOKEN, "text_message", "ch_sample"),
            cls(TOKEN, TOKEN, "recovery_code"),
            cls(TOKEN, TOKEN, "totp", problem=wrong),
        )


@dataclass(frozen=True, slots=True)
class RecoverWaitingPage:
    """Two anchors were shown; now the waiting. `still_needed` stays asked for at every sign-in."""

    template: ClassVar[str] = "recover/waiting.html"
    app: ClassVar[None] = None
    step_token: str
    until: datetime
    still_needed: tuple[str, ...] = ()

    @classmethod
    def samples(cls) -> tuple[RecoverWaitingPage, ...]:
        return (cls(TOKEN, LATER), cls(TOKEN, LATER, ("Authenticator app", f"Passkey ({LONG_NAME * 3})")))


@dataclass(frozen=True, slots=True)
class RecoverFinishPage:
    """Choose a new password or make a passkey; what goes and what stays is said before."""

    template: ClassVar[str] = "recover/finish.html"
    app: ClassVar[None] = None
    step_token: str
    username: str
    minimum_length: int
    removed: tuple[str, ...] = ()
    still_needed: tuple[str, ...] = ()
    may_set_passkey: bool = False
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[RecoverFinishPage, ...]:
        usual = cls(TOKEN, "13800000000", 15, still_needed=("Authenticator app",))
        short = Problem("The new password is too short. Use at least 15 characters.", "new_password")
        lost = ("Authenticator app", f"Passkey ({LONG_NAME * 3})")
        return (
            usual,
            replace(usual, problem=short),
            cls(TOKEN, LONG_NAME * 4, 15, removed=lost, may_set_passkey=True),
        )


@dataclass(frozen=True, slots=True)
class RecoverDonePage:
    """It is done; sign in with what is new."""

    template: ClassVar[str] = "recover/done.html"
    app: ClassVar[None] = None

    @classmethod
    def samples(cls) -> tuple[RecoverDonePage, ...]:
        return (cls(),)


@dataclass(frozen=True, slots=True)
class RecoverStopPage:
    """From the link in a notice: stop it? `key` is that link's; empty once it is stopped."""

    template: ClassVar[str] = "recover/stop.html"
    app: ClassVar[None] = None
    step_token: str
    key: str = ""

    @classmethod
    def samples(cls) -> tuple[RecoverStopPage, ...]:
        return (cls(TOKEN, "rs_sample"), cls(TOKEN))


@dataclass(frozen=True, slots=True)
class RecoverCounterPage:
    """The code that the counter handed out, with the name of the account."""

    template: ClassVar[str] = "recover/counter.html"
    app: ClassVar[None] = None
    step_token: str
    username: str = ""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[RecoverCounterPage, ...]:
        usual = cls(TOKEN)
        wrong = Problem("The name or the code is not right, or the code is older than 10 minutes.", "code")
        return (usual, replace(usual, username=LONG_NAME * 4, problem=wrong))
