"""What the checks of a submission find: the same on the page, from the API and from the command."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from idp.foundation.sentence import Sentence


class Severity(StrEnum):
    """What follows from a finding."""

    ERROR = "error"
    """It cannot be submitted like this."""
    WARNING = "warning"
    """The reviewer looks at it."""


class Rule(StrEnum):
    """The rules, by the names that are public: in reasons, in the documentation, in what the API answers."""

    UNREADABLE = "unreadable"
    UNKNOWN_FIELD = "unknown-field"
    MISSING_FIELD = "missing-field"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_WORD = "unknown-word"
    TWO_LANGUAGES = "two-languages"
    TEXT = "text"
    REGISTRATION = "registration"
    ADDRESS = "address"
    OWN_DOMAIN = "own-domain"
    KEY_SHARED = "key-shared"
    KEY_UNUSABLE = "key-unusable"
    LOGO = "logo"
    PRIVACY = "privacy"
    CLAIM_REASON = "claim-reason"
    CLAIM_UNASKED = "claim-unasked"
    CLAIM_UNUSUAL = "claim-unusual"
    NAME_TAKEN = "name-taken"
    NAME_ALIKE = "name-alike"
    ID_TAKEN = "id-taken"
    TOO_MANY_DRAFTS = "too-many-drafts"
    ORGANISATION = "organisation"


WARNINGS = frozenset({Rule.OWN_DOMAIN, Rule.CLAIM_UNUSUAL, Rule.NAME_TAKEN, Rule.NAME_ALIKE})
"""Rules with honest exceptions, which a person decides about."""

LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found."""

    rule: Rule
    field: str
    """The member of the submission, such as `claims.birthdate.purpose`."""
    value: str = ""
    """What stands there, cut to a readable length. Input: whoever shows it escapes it."""
    detail: Sentence | None = None
    """What is wrong with it, where the rule's name does not say it all."""

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.rule in WARNINGS else Severity.ERROR


class BadSubmission(Exception):
    """It cannot be submitted like this. `findings` has every error, and the warnings with them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{finding.rule} ({finding.field})" for finding in self.findings))


def shown(value: object) -> str:
    """A value of a submission at a length that can be shown."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
