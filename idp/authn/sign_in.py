"""Signing in: check a password, then perhaps a second factor, under the throttle.

Unknown, disabled and known accounts get the same answer after the same work, so that neither the words nor the
time tell who is registered. Spec: OWASP ASVS 5.0 V6.3; NIST SP 800-63B-4 §3.2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from idp.authn.credentials import CredentialStore, PasswordRecord
from idp.authn.factors.codes import WrongCode
from idp.authn.factors.password import Busy, Hasher, PasswordRefused, WrongPassword, prepare
from idp.authn.factors.recovery_code import RecoveryCodes
from idp.authn.factors.totp import NotEnrolled, Totp
from idp.authn.permit import Permit
from idp.authn.throttle import Throttle, ThrottledFactor

__all__ = ["Directory", "PasswordSignIn", "Registered", "SecondFactor", "WrongCode", "WrongCredentials"]

NOBODY = "nobody"
"""Looked up in place of an account that does not exist, so that both cost the same; never an account's id."""


class WrongCredentials(Exception):
    """Nobody active has this identifier together with this password."""


class Registered(Protocol):
    """What a sign-in needs to know of an account."""

    @property
    def id(self) -> str: ...

    @property
    def is_active(self) -> bool: ...


class Directory(Protocol):
    """Finds accounts (`idp.accounts.person.AccountStore` does)."""

    def find_by_identifier(self, identifier: str) -> Registered | None:
        """The account that signs in with this normalised identifier, active or not."""
        ...


class PasswordSignIn:
    """The first factor."""

    def __init__(
        self,
        directory: Directory,
        credentials: CredentialStore,
        hasher: Hasher,
        throttle: Throttle,
        normalise_identifier: Callable[[str], str],
    ) -> None:
        self._directory = directory
        self._credentials = credentials
        self._hasher = hasher
        self._throttle = throttle
        self._normalise = normalise_identifier

    def check(self, identifier: str, password: str, address: str, *, now: datetime) -> str:
        """The id of the account this is the password of, its misses forgiven.

        Raises: WrongCredentials, TooManyAttempts, Busy.
        """
        account_id = self.prove(identifier, password, address, now=now)
        self.forgive(identifier, address)
        return account_id

    def prove(self, identifier: str, password: str, address: str, *, now: datetime) -> str:
        """The same, for a caller that calls `forgive` together with what follows from it, in one commit.

        `address` is the visitor's network address. Raises: WrongCredentials, TooManyAttempts, Busy.
        """
        name = self._normalise(identifier)
        self._throttle.admit(ThrottledFactor.PASSWORD, name, address, now=now)
        try:
            return self._prove(name, password)
        except Busy:
            # Nothing was compared, so nobody has missed.
            self._throttle.take_back(ThrottledFactor.PASSWORD, name, address)
            raise

    def forgive(self, identifier: str, address: str) -> None:
        """The password was right: forget earlier misses."""
        self._throttle.forgive(ThrottledFactor.PASSWORD, self._normalise(identifier), address)

    def _prove(self, name: str, password: str) -> str:
        account = self._directory.find_by_identifier(name)
        record = self._credentials.find_password(account.id if account else NOBODY)
        try:
            prepared = prepare(password)
            if record is None:
                # Hash all the same: otherwise the time of the answer tells who is registered.
                self._hasher.verify_absent(prepared)
            self._hasher.verify(record.argon2_hash, prepared)
        except (WrongPassword, PasswordRefused) as error:
            raise WrongCredentials from error
        if account is None or not account.is_active:
            raise WrongCredentials
        self._refresh_hash(account.id, record, prepared)
        return account.id

    def _refresh_hash(self, account_id: str, record: PasswordRecord, prepared: str) -> None:
        """Only now is the password at hand to be hashed with parameters that changed since it was set."""
        if self._hasher.needs_rehash(record.argon2_hash):
            fresh = PasswordRecord(self._hasher.hash(prepared), record.changed_at)
            self._credentials.replace_hash(account_id, fresh)


class SecondFactor:
    """The second factor of somebody whose first one was right."""

    def __init__(self, totp: Totp, recovery_codes: RecoveryCodes, throttle: Throttle) -> None:
        self._totp = totp
        self._recovery_codes = recovery_codes
        self._throttle = throttle

    def check_totp(self, account_id: str, code: str, address: str, *, now: datetime) -> None:
        """Check a code of the authenticator app, and use it up.

        Raises: WrongCode, TooManyAttempts.
        """
        self._throttle.admit(ThrottledFactor.TOTP, account_id, address, now=now)
        try:
            self._totp.verify(account_id, code, now=now)
        except NotEnrolled as error:
            # Removed in another window meanwhile: there is no right code any more.
            raise WrongCode from error
        self._throttle.forgive(ThrottledFactor.TOTP, account_id, address)

    def enrol_totp(self, permit: Permit, session_id: str, sealed: str, code: str, *, now: datetime) -> None:
        """Confirm an enrolment (`Totp.begin`) by its first code; misses at an earlier app are forgotten with it.

        Raises: EnrolmentOver, WrongCode.
        """
        self._totp.confirm(permit, session_id, sealed, code, now=now)
        self._throttle.reset(ThrottledFactor.TOTP, permit.account_id)

    def check_recovery_code(self, account_id: str, code: str, address: str, *, now: datetime) -> None:
        """Check a recovery code, and use it up.

        Raises: WrongCode, TooManyAttempts.
        """
        self._throttle.admit(ThrottledFactor.RECOVERY_CODE, account_id, address, now=now)
        self._recovery_codes.verify(account_id, code, now=now)
        # The authenticator app's misses stay counted: this code says nothing about who guessed there.
        self._throttle.forgive(ThrottledFactor.RECOVERY_CODE, account_id, address)
