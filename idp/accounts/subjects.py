"""Pairwise subjects: the stored name of a person in one sector. Spec: OpenID Connect Core §8.1."""

from __future__ import annotations

from typing import Protocol


class SubjectStore(Protocol):
    """(account, sector) → sub, written once."""

    def find_or_add(self, account_id: str, sector: str, candidate: str) -> str:
        """The subject of this person in this sector; `candidate` becomes it when there is none yet.

        Atomic: concurrent callers all get the same one. Never changes.
        """
        ...
