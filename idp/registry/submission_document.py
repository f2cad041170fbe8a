"""A submission as a document: read strictly, with every fault by the name of its field, and written again.

A member that is not known is refused, not ignored: whoever writes `redirect_uri` would otherwise wonder, and nobody
sets what the page does not show (mass assignment).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from idp.foundation.sentence import N_, Sentence
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType
from idp.registry.application import Application
from idp.registry.finding import BadSubmission, Finding, Rule, shown
from idp.registry.submission import Category, ClaimReason, Submission

MAX_SIZE_BYTES = 65_536
"""Of the document, looked at before it is parsed."""

Word = TypeVar("Word", bound=StrEnum)

_TEXTS = ("client_id", "category", "homepage", "contact", "policy_uri")
_OPTIONAL_TEXTS = ("organisation", "sector_identifier_uri", "tos_uri", "backchannel_logout_uri", "logo")
_BY_LANGUAGE = ("name", "description", "privacy_summary")
_LISTS = (
    "redirect_uris",
    "post_logout_redirect_uris",
    "grant_types",
    "scopes",
    "resources",
    "audiences",
)
_WORDS: Mapping[str, type[StrEnum]] = {
    "auth_method": ClientAuthMethod,
    "signing_alg": Algorithm,
    "subject_type": SubjectType,
    "profile": Profile,
}
_FLAGS = (
    "native",
    "backchannel_logout_session_required",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
)
MEMBERS = frozenset({*_TEXTS, *_OPTIONAL_TEXTS, *_BY_LANGUAGE, *_LISTS, *_WORDS, *_FLAGS, "jwks", "claims"})
"""Every member that a submission may have."""


def read_submission(document: Mapping[str, Any], organisation: str | None) -> Submission:
    """The submission in a document, of `organisation` when its submitter belongs to one.

    Raises: BadSubmission — with every member that is unknown, missing, of the wrong type, or somebody else's.
    """
    reader = _Reader(document)
    submission = reader.read(organisation)
    if reader.findings:
        raise BadSubmission(reader.findings)
    return submission


class _Reader:
    """Reads members one after the other and remembers what is wrong; never stops at the first fault."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.findings = [
            Finding(Rule.UNKNOWN_FIELD, shown(str(member))) for member in document if member not in MEMBERS
        ]

    def read(self, organisation: str | None) -> Submission:
        claims = self._claims()
        return Submission(
            application=self._application(organisation, claims),
            category=self._word("category", Category, self._text("category"), Category.OTHER),
            description=self._by_language("description"),
            homepage=self._text("homepage"),
            contact=self._text("contact"),
            privacy_summary=self._by_language("privacy_summary"),
            claims=claims,
            logo=self._optional_text("logo"),
        )

    def _application(self, organisation: str | None, claims: Mapping[str, ClaimReason]) -> Application:
        defaults = Application(client_id="", name={}, organisation="")
        words: dict[str, Any] = {
            member: self._word(member, kind, self._optional_text(member), getattr(defaults, member))
            for member, kind in _WORDS.items()
        }
        words |= {member: self._flag(member) for member in _FLAGS}
        grant_types = self._list("grant_types", defaults.grant_types)
        return Application(
            client_id=self._text("client_id"),
            name=self._by_language("name"),
            organisation=self._organisation(organisation),
            redirect_uris=self._list("redirect_uris"),
            post_logout_redirect_uris=self._list("post_logout_redirect_uris"),
            grant_types=frozenset(
                self._word("grant_types", GrantType, each, GrantType.AUTHORIZATION_CODE)
                for each in grant_types
            ),
            scopes=self._list("scopes", defaults.scopes),
            resources=self._list("resources"),
            audiences=self._list("audiences"),
            jwks=self._jwks(),
            sector_identifier_uri=self._optional_text("sector_identifier_uri"),
            purposes={claim: reason.purpose for claim, reason in claims.items()},
            policy_uri=self._text("policy_uri"),
            tos_uri=self._optional_text("tos_uri"),
            backchannel_logout_uri=self._optional_text("backchannel_logout_uri"),
            **words,
        )

    def _organisation(self, own: str | None) -> str:
        named = self._optional_text("organisation")
        if own is None:
            return named if named is not None else self._text("organisation")
        if named not in (None, own):
            self._fault(Rule.ORGANISATION, "organisation", named)
        return own

    def _claims(self) -> Mapping[str, ClaimReason]:
        claims = self._object("claims")
        found = {}
        for claim, reason in claims.items():
            field = f"claims.{shown(str(claim))}"
            if not isinstance(reason, Mapping):
                self._fault(Rule.WRONG_TYPE, field, reason)
                continue
            for member in reason.keys() - {"purpose", "legal_basis"}:
                self._fault(Rule.UNKNOWN_FIELD, f"{field}.{shown(str(member))}", "")
            found[str(claim)] = ClaimReason(
                self._texts(f"{field}.purpose", reason.get("purpose", {})),
                self._texts(f"{field}.legal_basis", reason.get("legal_basis", {})),
            )
        return found

    def _jwks(self) -> Mapping[str, Any] | None:
        return self._object("jwks") if self._document.get("jwks") is not None else None

    def _text(self, member: str) -> str:
        if member not in self._document:
            self._fault(Rule.MISSING_FIELD, member, "")
            return ""
        return self._optional_text(member) or ""

    def _optional_text(self, member: str) -> str | None:
        value = self._document.get(member)
        if value is None or isinstance(value, str):
            return value
        self._fault(Rule.WRONG_TYPE, member, value)
        return None

    def _by_language(self, member: str) -> Mapping[str, str]:
        if member not in self._document:
            self._fault(Rule.MISSING_FIELD, member, "")
        return self._texts(member, self._document.get(member, {}))

    def _texts(self, field: str, value: Any) -> Mapping[str, str]:
        if isinstance(value, Mapping) and all(
            isinstance(tag, str) and isinstance(text, str) for tag, text in value.items()
        ):
            return dict(value)
        self._fault(Rule.WRONG_TYPE, field, value)
        return {}

    def _object(self, member: str) -> Mapping[str, Any]:
        value = self._document.get(member, {})
        if isinstance(value, Mapping):
            return value
        self._fault(Rule.WRONG_TYPE, member, value)
        return {}

    def _list(self, member: str, default: Any = ()) -> tuple[str, ...]:
        value = self._document.get(member)
        if value is None:
            return tuple(default)
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        self._fault(Rule.WRONG_TYPE, member, value)
        return ()

    def _flag(self, member: str) -> bool:
        value = self._document.get(member, False)
        if not isinstance(value, bool):
            self._fault(Rule.WRONG_TYPE, member, value)
        return value is True

    def _word(self, field: str, kind: type[Word], text: str | None, default: Word) -> Word:
        if not text:
            return default
        try:
            return kind(text)
        except ValueError:
            known = Sentence("word-unknown", N_("There are: %(known)s."), {"known": ", ".join(kind)})
            self._fault(Rule.UNKNOWN_WORD, field, text, known)
            return default

    def _fault(self, rule: Rule, field: str, value: object, detail: Sentence | None = None) -> None:
        self.findings.append(Finding(rule, field, shown(value), detail))


def document_of(submission: Submission) -> dict[str, Any]:
    """The inverse of `read_submission`: every member, also those left out before."""
    application = submission.application
    lists: dict[str, Callable[[Any], Any]] = dict.fromkeys(_LISTS, list) | {"grant_types": sorted}
    return {
        **{member: getattr(application, member) for member in (*_WORDS, *_FLAGS, "jwks", "client_id")},
        **{member: each(getattr(application, member)) for member, each in lists.items()},
        "name": dict(application.name),
        "organisation": application.organisation,
        "sector_identifier_uri": application.sector_identifier_uri,
        "policy_uri": application.policy_uri,
        "tos_uri": application.tos_uri,
        "backchannel_logout_uri": application.backchannel_logout_uri,
        "category": submission.category,
        "description": dict(submission.description),
        "homepage": submission.homepage,
        "contact": submission.contact,
        "privacy_summary": dict(submission.privacy_summary),
        "claims": {
            claim: {"purpose": dict(reason.purpose), "legal_basis": dict(reason.legal_basis)}
            for claim, reason in submission.claims.items()
        },
        "logo": submission.logo,
    }
