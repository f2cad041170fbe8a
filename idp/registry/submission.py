"""What a developer submits: the application, and what citizens and reviewers are told about the mini-app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from idp.oidc.claims import claims_of_scopes
from idp.registry.application import Application


class Category(StrEnum):
    """What a mini-app is about: what the directory sorts by, and what its claims are measured against."""

    TAX = "tax"
    HEALTH = "health"
    PENSIONS = "pensions"
    HOUSING = "housing"
    EMPLOYMENT = "employment"
    EDUCATION = "education"
    FAMILY = "family"
    TRANSPORT = "transport"
    JUSTICE = "justice"
    BUSINESS = "business"
    CULTURE = "culture"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ClaimReason:
    """Why a mini-app asks for one claim, by language."""

    purpose: Mapping[str, str]
    legal_basis: Mapping[str, str]
    """The law and the article that allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One version of a mini-app, not believed yet. The purposes of `application` are made of those in `claims`."""

    application: Application
    category: Category
    description: Mapping[str, str]
    homepage: str
    contact: str
    """Where people turn to with questions: an address, a telephone number."""
    privacy_summary: Mapping[str, str]
    """The privacy notice in a few sentences; the whole one is at `application.policy_uri`."""
    claims: Mapping[str, ClaimReason] = field(default_factory=dict)
    logo: str | None = None
    """SHA-256 of the picture as we made it anew (`idp.registry.logo`), hex."""

    @property
    def client_id(self) -> str:
        return self.application.client_id

    @property
    def asked_claims(self) -> tuple[str, ...]:
        """What its scopes ask for."""
        return claims_of_scopes(self.application.scopes)
