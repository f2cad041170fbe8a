"""Mini-apps on their way, as rows say them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.registry.app_store import AppLine, MoveDone
from idp.registry.life_cycle import AppRecord, Move, Stage, Standing
from idp.registry.submission import Submission
from idp.registry.submission_document import document_of, read_submission
from idp.storage.rows import document, milliseconds_or_none
from idp.storage.statement import Row


def values_of(record: AppRecord) -> dict[str, Any]:
    """Every column but the key."""
    shown = record.candidate or record.in_force
    return {
        "organisation": record.organisation,
        "standing": record.standing.value,
        "stage": record.stage.value,
        "revision": record.revision,
        "name": document(dict(shown.application.name) if shown else {}),
        "candidate": _document_or_none(record.candidate),
        "in_force": _document_or_none(record.in_force),
        "submitted_by": record.submitted_by,
        "reviewed_by": record.reviewed_by,
        "suspended_by": record.suspended_by,
        "returned_for": record.returned_for,
        "reason": record.reason,
        "since_at": to_milliseconds(record.since),
        "published_at": milliseconds_or_none(record.published_at),
        "retires_at": milliseconds_or_none(record.retires_at),
    }


def record_of(row: Row) -> AppRecord:
    """The inverse."""
    return AppRecord(
        client_id=row.client_id,
        organisation=row.organisation,
        standing=Standing(row.standing),
        stage=Stage(row.stage),
        revision=row.revision,
        candidate=_submission_or_none(row.candidate, row.organisation),
        in_force=_submission_or_none(row.in_force, row.organisation),
        submitted_by=row.submitted_by,
        reviewed_by=row.reviewed_by,
        suspended_by=row.suspended_by,
        returned_for=row.returned_for,
        reason=row.reason,
        since=from_milliseconds(row.since_at),
        published_at=_moment_or_none(row.published_at),
        retires_at=_moment_or_none(row.retires_at),
    )


def line_of(row: Row) -> AppLine:
    """One of a list."""
    return AppLine(
        client_id=row.client_id,
        name=orjson.loads(row.name),
        organisation=row.organisation,
        standing=Standing(row.standing),
        stage=Stage(row.stage),
        since=from_milliseconds(row.since_at),
    )


def move_of(row: Row) -> MoveDone:
    """One line of the history."""
    return MoveDone(row.revision, Move(row.move), from_milliseconds(row.happened_at), row.staff_id, row.note)


def _document_or_none(submission: Submission | None) -> str | None:
    return None if submission is None else document(document_of(submission))


def _submission_or_none(text: str | None, organisation: str) -> Submission | None:
    return None if text is None else read_submission(orjson.loads(text), organisation)


def _moment_or_none(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_milliseconds(milliseconds)
