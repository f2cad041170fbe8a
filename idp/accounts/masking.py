"""What is shown of a person to somebody who helps them: enough to know that it is they, not enough to use."""

from __future__ import annotations

HIDDEN = "…"


def masked(text: str) -> str:
    """The first character of each word; of an e-mail address also the domain; of a number the last two digits."""
    text = text.strip()
    if "@" in text:
        name, _, domain = text.rpartition("@")
        return f"{name[:1]}{HIDDEN}@{domain}"
    if text.startswith("+"):
        return f"{HIDDEN}{text[-2:]}"
    return " ".join(f"{word[:1]}{HIDDEN}" for word in text.split()) or HIDDEN
