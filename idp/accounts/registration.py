"""Making a new account: every claim checked, every fault reported at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from idp.accounts.claim_rules import RULES, Unfit
from idp.accounts.names import is_forbidden, normalise_identifier, normalise_phone
from idp.accounts.person import Account, RealNameAssurance
from idp.foundation.clock import to_seconds
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, new_value

MAX_USERNAME = 64
"""Code points."""
ACCOUNT_ID_BYTES = 16
"""An account's id is no secret; 128 random bits keep it unique."""

_KEPT_BY_US = ("updated_at", "real_name_assurance", "sub")
_NEEDED_BY = {"email_verified": "email", "phone_number_verified": "phone_number"}


class InvalidClaims(ValueError):
    """What is known of a person cannot be kept like this; `problems` has one sentence for each fault.

    The sentences name claims and never quote values: they end up in terminals and logs.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def new_account(
    username: str,
    claims: Mapping[str, Any],
    assurance: RealNameAssurance,
    entropy: Entropy,
    *,
    now: datetime,
) -> Account:
    """A new, active account, not yet stored. Claims without a value (None) are left out.

    Raises: InvalidClaims — with every problem found.
    """
    chosen = unicodedata.normalize("NFC", username.strip())
    kept, problems = _read(claims, now.date())
    problems = (*_username_problems(chosen), *problems)
    if problems:
        raise InvalidClaims(problems)
    return Account(
        id=new_value(Kind.ACCOUNT, entropy, ACCOUNT_ID_BYTES),
        username=chosen,
        claims=_with_our_own(kept, assurance, now),
        assurance=assurance,
        is_active=True,
        created_at=now,
    )


def changed_account(
    account: Account, changes: Mapping[str, Any], assurance: RealNameAssurance, *, now: datetime
) -> Account:
    """The account with some claims changed; None deletes one. Raises: InvalidClaims."""
    before = {claim: value for claim, value in account.claims.items() if claim not in _KEPT_BY_US}
    kept, problems = _read({**before, **changes}, now.date())
    if problems:
        raise InvalidClaims(problems)
    return replace(account, claims=_with_our_own(kept, assurance, now), assurance=assurance)


def identifiers_of(account: Account) -> tuple[str, ...]:
    """What the person may type to say who they are: the username, and what was verified to be theirs."""
    typed = [account.username]
    for claim in ("email", "phone_number"):
        if account.claims.get(f"{claim}_verified") is True:
            typed.append(str(account.claims[claim]))
    return tuple(dict.fromkeys(normalise_identifier(text) for text in typed))


def _read(claims: Mapping[str, Any], today: date) -> tuple[dict[str, Any], tuple[str, ...]]:
    given = {claim: value for claim, value in claims.items() if value is not None}
    kept: dict[str, Any] = {}
    problems: list[str] = []
    for claim, value in given.items():
        try:
            kept[claim] = _checked(claim, value, today)
        except Unfit as error:
            problems.append(f"{claim} {error}")
    for claim, needed in _NEEDED_BY.items():
        if claim in given and needed not in given:
            problems.append(f"{claim} is given without {needed}")
    return kept, tuple(problems)


def _checked(claim: str, value: Any, today: date) -> Any:
    if claim in _KEPT_BY_US:
        raise Unfit("is kept by the provider itself and cannot be given")
    if claim not in RULES:
        raise Unfit("is not a claim we know (OpenID Connect Core §5.1)")
    return RULES[claim](value, today)


def _with_our_own(kept: Mapping[str, Any], assurance: RealNameAssurance, now: datetime) -> Mapping[str, Any]:
    return {**kept, "real_name_assurance": int(assurance), "updated_at": to_seconds(now)}


def _username_problems(username: str) -> tuple[str, ...]:
    if not 0 < len(username) <= MAX_USERNAME or not normalise_identifier(username):
        return (f"username must have 1 to {MAX_USERNAME} characters",)
    if any(is_forbidden(character) or character.isspace() for character in username):
        return ("username must not contain spaces or control characters",)
    normalised = normalise_identifier(username)
    if "@" in normalised or normalise_phone(normalised) is not None:
        # Otherwise somebody could take another person's address as their username, and their sign-in with it.
        return ("username must not look like an e-mail address or a telephone number",)
    return ()
