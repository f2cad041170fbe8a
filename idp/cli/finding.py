"""What an examination of an installation finds, in one sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    ADVICE = "advice"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the installation."""

    severity: Severity
    sentence: str

    @property
    def is_fault(self) -> bool:
        return self.severity is Severity.FAULT


def good(sentence: str) -> Finding:
    """As it should be."""
    return Finding(Severity.GOOD, sentence)


def advice(sentence: str) -> Finding:
    """Something to consider."""
    return Finding(Severity.ADVICE, sentence)


def fault(sentence: str) -> Finding:
    """Something to mend."""
    return Finding(Severity.FAULT, sentence)
