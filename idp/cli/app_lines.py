"""A mini-app, and what the checks found in it, as commands print them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from idp.cli.output import Refused

if TYPE_CHECKING:
    from idp.registry.app_store import AppLine
    from idp.registry.finding import Finding
    from idp.registry.life_cycle import AppRecord


def refuse_errors(found: Iterable[Finding]) -> None:
    """Raises: Refused — something stands in the way."""
    from idp.registry.submission_checks import errors_of

    if errors := errors_of(tuple(found)):
        raise Refused(f"{len(errors)} of these stand in the way")


def words(found: Iterable[Finding]) -> list[str]:
    """Each finding as the page says it, in English."""
    from idp.web.app_words import RULES

    return [_in_words(finding, *RULES[finding.rule]) for finding in found]


def say_findings(found: Iterable[Finding]) -> None:
    """A line each."""
    for sentence in words(found):
        click.echo(sentence)


def _in_words(finding: Finding, title: object, what_to_do: object) -> str:
    about = ": ".join(filter(None, (finding.field, finding.value)))
    detail = f" ({finding.detail})" if finding.detail else ""
    return f"{finding.severity} {finding.rule} {about}{detail} – {title}. {what_to_do}"


def finding_facts(finding: Finding) -> dict[str, Any]:
    """For machines."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "field": finding.field,
        "value": finding.value,
        "code": finding.detail.code if finding.detail else "",
        "detail": str(finding.detail or ""),
    }


def facts(record: AppRecord) -> dict[str, Any]:
    """How it stands."""
    return {
        "client_id": record.client_id,
        "organisation": record.organisation,
        "standing": record.standing,
        "stage": record.stage,
        "revision": record.revision,
        "since": record.since,
        "published_at": record.published_at,
        "retires_at": record.retires_at,
        "reason": record.reason,
        "returned_for": record.returned_for,
    }


def line(one: AppLine) -> dict[str, Any]:
    """One of a list, for machines."""
    return {
        "client_id": one.client_id,
        "name": one.name,
        "organisation": one.organisation,
        "standing": one.standing,
        "stage": one.stage,
    }
