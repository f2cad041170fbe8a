"""Why something was returned, suspended or retired: in words that its owner can do something with."""

from __future__ import annotations

from dataclasses import dataclass

from idp.registry.submission_document import MEMBERS

MAX_LENGTH = 1_000
MOST_REASONS = 20


class BadReason(ValueError):
    """This says nothing, too much, or not about which field."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What is to be put right in one field of a submission."""

    field: str
    """A member of the submission, or a path into one: `claims.birthdate.purpose`."""
    what_to_do: str


def require_good_text(text: str) -> None:
    """Raises: BadReason."""
    is_readable = all(char.isprintable() or char == "\n" for char in text)
    if not text.strip() or len(text) > MAX_LENGTH or not is_readable:
        raise BadReason(f"say it in 1 to {MAX_LENGTH} characters")


def written(reasons: tuple[Reason, ...]) -> str:
    """The reasons as text, a line each. Raises: BadReason — none, too many, or one without its field."""
    if not reasons or len(reasons) > MOST_REASONS:
        raise BadReason(f"give 1 to {MOST_REASONS} reasons")
    for reason in reasons:
        if (
            reason.field.partition(".")[0] not in MEMBERS
            or not reason.field.isprintable()
            or " " in reason.field
        ):
            raise BadReason("name the field of each reason")
        require_good_text(reason.what_to_do)
    return "\n".join(f"{reason.field}: {' '.join(reason.what_to_do.split())}" for reason in reasons)


def read_reasons(text: str) -> tuple[Reason, ...]:
    """The inverse of `written`."""
    pairs = (line.partition(": ") for line in text.splitlines())
    return tuple(Reason(field, what) if what else Reason("", field) for field, _, what in pairs)
