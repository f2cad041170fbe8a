"""Controls of forms: how a member of a payload is asked for, shown, and read from what a browser sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import MultiDict

from idp.web.pages.console_change_forms import Control
from idp.web.pages.console_changes import Option

MAX_JSON = 65_536
MAX_DEPTH = 32
LANGUAGES = ("zh-CN", "en")


class Input(StrEnum):
    """How a member of a payload is asked for."""

    TEXT = "text"
    NUMBER = "number"
    LINES = "lines"
    """One entry a line."""
    PAIRS = "pairs"
    """One entry a line: what it is, a space, and what belongs to it."""
    CHOICE = "choice"
    CHOICES = "choices"
    FLAG = "flag"
    NAMES = "names"
    """One text for each of our languages."""
    SHOWN = "shown"
    """Found out, to be compared, and sent back as it is."""
    PROSE = "prose"
    """A text of many lines."""
    JSON = "json"


IN_ADDRESS = frozenset({Input.TEXT, Input.NUMBER, Input.CHOICE})
"""What one word of an address can fill in."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One control of a form."""

    name: str
    label: object
    input: Input = Input.TEXT
    hint: object = ""
    words: Callable[[], Mapping[str, str]] | None = None
    """What can be chosen, value to words."""
    is_counted: bool = False
    """Whether what can be chosen are numbers."""


def control(one: Asked, payload: Mapping[str, Any]) -> Control:
    """The control, filled in with what is known."""
    value = _fitting(one, payload)
    chosen = {str(each) for each in (value if isinstance(value, list) else [value])}
    return Control(
        name=one.name,
        label=str(one.label),
        input=one.input.value,
        hint=str(one.hint),
        value=_written(one, value),
        values=tuple(map(str, value)) if isinstance(value, list) else (),
        options=tuple(Option(word, label, word in chosen) for word, label in (one.words or dict)().items()),
        texts=tuple((tag, (value or {}).get(tag, "")) for tag in LANGUAGES)
        if one.input is Input.NAMES
        else (),
        is_on=value is True,
    )


def is_given(one: Asked, form: MultiDict[str, str]) -> bool:
    """Whether a form says something for it."""
    if one.input is Input.NAMES:
        return any(form.get(f"{one.name}-{tag}", "").strip() for tag in LANGUAGES)
    return one.input is Input.FLAG or bool(form.get(one.name, "").strip())


def value_of(one: Asked, form: MultiDict[str, str]) -> Any:
    """What a form says for it, still to be read strictly."""
    text = form.get(one.name, "").strip()
    match one.input:
        case Input.PROSE:
            # Browsers end lines as HTTP does.
            return form.get(one.name, "").replace("\r\n", "\n").strip() + "\n"
        case Input.NUMBER:
            return _number(text)
        case Input.CHOICE if one.is_counted:
            return _number(text)
        case Input.LINES:
            return [line.strip() for line in text.splitlines() if line.strip()]
        case Input.PAIRS:
            parts = (line.split(None, 1) for line in text.splitlines() if line.strip())
            return {pair[0]: pair[1].strip() if len(pair) > 1 else "" for pair in parts}
        case Input.CHOICES | Input.SHOWN:
            return form.getlist(one.name)
        case Input.FLAG:
            return one.name in form
        case Input.NAMES:
            texts = {tag: form.get(f"{one.name}-{tag}", "").strip() for tag in LANGUAGES}
            return {tag: said for tag, said in texts.items() if said}
    return text


def whole(text: str) -> dict[str, Any]:
    """A payload that came as JSON, and that can be shown again. Raises: ValueError, TypeError."""
    if len(text) > MAX_JSON:
        raise ValueError("too long")
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(found, dict):
        raise TypeError("no object")
    if _is_deep(found):
        raise ValueError("too deep")
    # A lone surrogate is JSON, and no text.
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    return found


def _fitting(one: Asked, payload: Mapping[str, Any]) -> Any:
    """What is known for a control; nothing when a control like this cannot show it. Payloads are not read yet."""
    value = payload if one.input is Input.JSON else payload.get(one.name)
    match one.input:
        case Input.LINES | Input.CHOICES | Input.SHOWN:
            fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
        case Input.PAIRS | Input.NAMES:
            fits = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        case _:
            fits = True
    return value if fits else None


def _written(one: Asked, value: Any) -> str:
    match one.input:
        case Input.LINES:
            return "\n".join(value or ())
        case Input.PAIRS:
            return "\n".join(f"{first} {second}" for first, second in (value or {}).items())
        case Input.JSON:
            return json.dumps(value, ensure_ascii=False, indent=2)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _number(text: str) -> int | str:
    """What is no number stays as it is, and is refused where payloads are read."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _is_deep(value: Any) -> bool:
    level = [value]
    for _step in range(MAX_DEPTH):
        level = [child for each in level for child in _children(each)]
    return bool(level)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
