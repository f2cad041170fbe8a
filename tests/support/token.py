"""A hardware token: six digits at each press of its button."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass, field

import pyotp

from idp.accounts.person import Account
from idp.authn.permit import Ground, Permit
from tests.support.provider import Provider

SESSION = "enrolled-by-test"


@dataclass
class Token:
    """Begins at any counter, as a token does that somebody played with."""

    seed: bytes = b"a seed of 20 bytes.."
    counter: int = 0
    shown: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What is printed on its paper."""
        return b32encode(self.seed).decode().rstrip("=")

    def press(self, times: int = 1) -> str:
        """Press the button; the last code that it shows."""
        for _ in range(times):
            self.shown.append(pyotp.HOTP(self.key).at(self.counter))
            self.counter += 1
        return self.shown[-1]

    def two(self) -> tuple[str, str]:
        """Two codes in a row."""
        return self.press(), self.press()

    def wrong(self) -> str:
        """Six digits that are no code for a long while."""
        near = {pyotp.HOTP(self.key).at(number) for number in range(self.counter + 1_200)}
        return next(code for code in map("{:06}".format, range(10**6)) if code not in near)


def enrol_token(provider: Provider, account: Account, token: Token | None = None) -> Token:
    """Give a person a token, the way the account pages do."""
    token, hotp, now = token or Token(), provider.services.hotp, provider.clock.now()
    sealed = hotp.begin(account.id, SESSION, token.key, now=now)
    permit = Permit(account.id, Ground.OPERATOR)
    hotp.confirm(permit, SESSION, sealed, token.two(), label="key ring", now=now)
    return token
