"""What a machine can say about a submission before a person looks at it. One function a rule, their order as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from idp.foundation.sentence import N_, Problem, Sentence
from idp.oidc.claims import REAL_NAME_ASSURANCE
from idp.registry.checks import CHECKS
from idp.registry.finding import Finding, Rule, Severity, shown
from idp.registry.rules import Check, Rules
from idp.registry.submission import Category, Submission
from idp.registry.text_checks import purposes
from idp.registry.words import fault_of_link, fault_of_text

LANGUAGES = ("zh-CN", "en")
"""Everything that citizens read is there in both."""
MAX_DESCRIPTION_LENGTH = 400
MAX_SUMMARY_LENGTH = 1_000
MAX_BASIS_LENGTH = 200
MAX_CONTACT_LENGTH = 200

_USUAL_ANYWHERE = frozenset(
    {"name", "nickname", "preferred_username", "locale", "zoneinfo", "updated_at", "email", "email_verified"}
    | {"phone_number", "phone_number_verified"}
)
_PERSON = frozenset({"family_name", "given_name", "middle_name", "birthdate", REAL_NAME_ASSURANCE})
_USUAL: Mapping[Category, frozenset[str]] = {
    Category.TAX: _PERSON | {"address"},
    Category.HEALTH: _PERSON | {"gender", "address"},
    Category.PENSIONS: _PERSON | {"gender", "address"},
    Category.HOUSING: _PERSON | {"address"},
    Category.EMPLOYMENT: _PERSON | {"address"},
    Category.EDUCATION: _PERSON,
    Category.FAMILY: _PERSON | {"gender", "address"},
    Category.TRANSPORT: _PERSON | {"address"},
    Category.JUSTICE: _PERSON | {"address"},
    Category.BUSINESS: frozenset({"family_name", "given_name", REAL_NAME_ASSURANCE, "address"}),
}
"""Claims that a reviewer is not surprised to see, by category. The others are asked about."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another mini-app that has something in common with this one."""

    client_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What has to be looked up before a submission can be checked."""

    rules: Rules
    alike: tuple[Neighbour, ...] = ()
    """Other mini-apps whose name looks like one of these."""
    with_same_key: tuple[Neighbour, ...] = ()
    unusable_keys: tuple[int, ...] = ()
    """Which keys of the set cannot verify anything, counted from 1."""
    is_id_taken: bool = False
    """By a mini-app of another organisation, or one that did not come this way."""
    has_logo: bool = True
    """Whether the picture that it names was uploaded."""


def registration(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """The rules of the registry, which hold for every mini-app however it comes."""
    for check in CHECKS:
        yield from _of_registry(check, submission, around)


def own_id(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """An id belongs to one mini-app for ever, also after its retirement."""
    if around.is_id_taken:
        yield Finding(Rule.ID_TAKEN, "client_id", shown(submission.client_id))


def languages(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """Whoever reads one of our languages alone must be able to decide."""
    texts = {
        "name": submission.application.name,
        "description": submission.description,
        "privacy_summary": submission.privacy_summary,
    }
    for member, by_language in texts.items():
        for tag in LANGUAGES:
            if not by_language.get(tag, "").strip():
                yield Finding(Rule.TWO_LANGUAGES, f"{member}.{tag}")


def texts(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """What people read has a readable length and says on the page what its source says."""
    yield from _faults("description", submission.description, MAX_DESCRIPTION_LENGTH)
    yield from _faults("privacy_summary", submission.privacy_summary, MAX_SUMMARY_LENGTH)
    if fault := fault_of_text(submission.contact, MAX_CONTACT_LENGTH):
        yield Finding(Rule.TEXT, "contact", shown(submission.contact), fault)


def addresses(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """Links of the directory lead to https addresses and nowhere else."""
    allow = around.rules.allow_http_localhost
    if fault := fault_of_link(submission.homepage, allow_http_localhost=allow):
        yield Finding(Rule.ADDRESS, "homepage", shown(submission.homepage), fault)
    if not submission.application.policy_uri:
        yield Finding(Rule.PRIVACY, "policy_uri")


def own_domain(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """Somebody who reads the address bar should find the owner of the home page again."""
    home = urlsplit(submission.homepage).hostname or ""
    for uri in submission.application.redirect_uris:
        host = urlsplit(uri).hostname or ""
        if home and host and urlsplit(uri).scheme == "https" and not _share_a_domain(home, host):
            yield Finding(Rule.OWN_DOMAIN, "redirect_uris", shown(uri))


def keys(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """A key that two hold proves nothing about either; one that is none proves nothing at all."""
    for other in around.with_same_key:
        yield Finding(Rule.KEY_SHARED, "jwks", shown(other.client_id))
    for number in around.unusable_keys:
        yield Finding(Rule.KEY_UNUSABLE, "jwks", str(number))


def claims(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """Each with its purpose and the law that allows it, in both languages; and within what the scopes stand for."""
    for claim, reason in submission.claims.items():
        if claim not in submission.asked_claims:
            yield Finding(Rule.CLAIM_UNASKED, f"claims.{claim}", shown(claim))
        for member, by_language in (("purpose", reason.purpose), ("legal_basis", reason.legal_basis)):
            for tag in LANGUAGES:
                if not by_language.get(tag, "").strip():
                    yield Finding(Rule.CLAIM_REASON, f"claims.{claim}.{member}.{tag}", shown(claim))
        yield from _faults(f"claims.{claim}.legal_basis", reason.legal_basis, MAX_BASIS_LENGTH)


def need(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """A claim that nobody would expect of such a mini-app."""
    usual = _USUAL_ANYWHERE | _USUAL.get(submission.category, frozenset())
    for claim in submission.claims:
        if claim in submission.asked_claims and claim not in usual:
            yield Finding(Rule.CLAIM_UNUSUAL, f"claims.{claim}", shown(claim))


def logo(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """A picture that was uploaded, and made anew."""
    if submission.logo is None or not around.has_logo:
        yield Finding(Rule.LOGO, "logo", shown(submission.logo or ""))


def likeness(submission: Submission, around: Surroundings) -> Iterator[Finding]:
    """Whoever looks like a published mini-app is looked at closely."""
    names = frozenset(submission.application.name.values())
    for other in around.alike:
        rule = Rule.NAME_TAKEN if other.name in names else Rule.NAME_ALIKE
        whose = Sentence("name-of", N_("It is the name of “%(client_id)s”."), {"client_id": other.client_id})
        yield Finding(rule, "name", shown(other.name), whose)


SubmissionCheck = Callable[[Submission, Surroundings], Iterator[Finding]]

SUBMISSION_CHECKS: tuple[SubmissionCheck, ...] = (
    own_id,
    registration,
    languages,
    texts,
    addresses,
    own_domain,
    keys,
    claims,
    need,
    logo,
    likeness,
)


def findings_of(submission: Submission, around: Surroundings) -> tuple[Finding, ...]:
    """Everything that the checks find; errors first, each group in the order of the rules."""
    found = [finding for check in SUBMISSION_CHECKS for finding in check(submission, around)]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def errors_of(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that stand in the way."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


def _of_registry(check: Check, submission: Submission, around: Surroundings) -> Iterator[Finding]:
    application = submission.application
    if check is purposes:
        # A claim without its languages has its own rule, which says more.
        kept = {
            claim: {tag: text for tag, text in said.items() if text.strip()}
            for claim, said in application.purposes.items()
        }
        application = replace(application, purposes=kept)
    for found in check(application, around.rules):
        yield Finding(Rule.REGISTRATION, _member(found), detail=found.sentence)


def _member(found: Problem) -> str:
    """Where a submission has what the problem is about: purposes stand with their claims there."""
    member, _, claim = found.field.partition(".")
    return f"claims.{claim}" if member == "purposes" else found.field


def _faults(field: str, by_language: Mapping[str, str], max_length: int) -> Iterator[Finding]:
    for tag, text in by_language.items():
        if text.strip() and (fault := fault_of_text(text, max_length)):
            yield Finding(Rule.TEXT, f"{field}.{shown(tag)}", shown(text), fault)


def _share_a_domain(one: str, other: str) -> bool:
    """Whether one lies under the other, or both under one name of at least two labels."""
    return _parent(one) == _parent(other) or one.endswith(f".{other}") or other.endswith(f".{one}")


def _parent(host: str) -> str:
    labels = host.split(".")
    return ".".join(labels[1:]) if len(labels) > 2 else host
