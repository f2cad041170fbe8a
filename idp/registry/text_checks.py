"""What people read of an application, and what it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from idp.foundation.sentence import N_, Problem, problem
from idp.oidc.claims import ALL_CLAIMS
from idp.registry.application import Application
from idp.registry.rules import Rules
from idp.registry.words import (
    CLIENT_ID,
    LANGUAGE_TAG,
    fault_of_text,
)

MAX_NAME_LENGTH = 100
MAX_PURPOSE_LENGTH = 200


def identifier(application: Application, rules: Rules) -> Iterator[Problem]:
    """The same characters in addresses, Basic headers (so no colon) and tokens. Spec: RFC 6749 §2.2."""
    if not CLIENT_ID.fullmatch(application.client_id):
        yield problem(
            "client_id",
            "client-id-characters",
            N_("“%(client_id)s” is not 1 to 64 letters, digits, dots or dashes."),
            client_id=application.client_id,
        )


def names(application: Application, rules: Rules) -> Iterator[Problem]:
    """People must be able to read who asks."""
    if not application.name:
        yield problem("name", "name-missing", N_("A name in at least one language is missing."))
    yield from _texts("name", application.name, MAX_NAME_LENGTH)
    if fault := fault_of_text(application.organisation, MAX_NAME_LENGTH):
        yield Problem("organisation", fault)


def purposes(application: Application, rules: Rules) -> Iterator[Problem]:
    """Reasons are shown word for word, and only for claims that exist."""
    for claim, texts in application.purposes.items():
        if claim not in ALL_CLAIMS:
            yield problem(
                f"purposes.{claim}",
                "claim-unknown",
                N_("“%(claim)s” is no claim that we release."),
                claim=claim,
            )
        yield from _texts(f"purposes.{claim}", texts, MAX_PURPOSE_LENGTH)


def _texts(field: str, texts: Mapping[str, str], max_length: int) -> Iterator[Problem]:
    for tag, text in texts.items():
        if not LANGUAGE_TAG.fullmatch(tag):
            yield problem(
                field,
                "language-tag",
                N_("“%(tag)s” stands where a language tag such as en or zh-CN belongs."),
                tag=tag,
            )
        if fault := fault_of_text(text, max_length):
            yield Problem(f"{field}.{tag}", fault)
