"""For whom a broker asks: the mini-app of its region, as our consent page names it and our consents tell it apart.

Only brokers of the trust list say it, and only what people read: no markup, no addresses, nothing that is fetched.
The region's own name is not in it: that comes from the list. Spec: decision on the route across regions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from idp.oidc.errors import InvalidRequest

MAX_JSON = 16_384
MAX_LANGUAGES = 16
MAX_TEXT = 120
MAX_PURPOSE = 200
MAX_PURPOSES = 32
OUR_PAGES = "our-pages"
"""The sector of a region's own account pages, which no host can be called."""
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_CLAIM = re.compile(r"[a-z0-9_]{1,64}")
_SECTOR = re.compile(r"[a-z0-9.:_+-]{1,255}")
_MARKUP = frozenset("<>&[]{}")


@dataclass(frozen=True, slots=True)
class RpDisplay:
    """What people are told of a mini-app of another region."""

    name: Mapping[str, str]
    """Language tag → name."""
    organisation: str
    sector: str
    """What people agree to holds for this one alone: the host that the mini-app's subjects belong to."""
    purposes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Claim → language tag → why the mini-app wants it. Shown with the question, and not kept."""

    @classmethod
    def parse(cls, raw: str | None) -> RpDisplay | None:
        """Read the parameter; None when it is not there. Raises: InvalidRequest — not of the described shape."""
        if raw is None:
            return None
        members = _object(raw)
        purposes = members.get("purposes", {})
        if not isinstance(purposes, dict) or len(purposes) > MAX_PURPOSES:
            raise _malformed("purposes is no object, or has too many members")
        return cls(
            name=_texts(members.get("client_name"), MAX_TEXT),
            organisation=_text(members.get("organization_name"), MAX_TEXT),
            sector=_sector(members.get("sector")),
            purposes={_claim(claim): _texts(why, MAX_PURPOSE) for claim, why in purposes.items()},
        )

    def to_json(self) -> dict[str, Any]:
        """The inverse of `parse`, before it is made JSON."""
        return {
            "client_name": dict(self.name),
            "organization_name": self.organisation,
            "sector": self.sector,
            **(
                {"purposes": {claim: dict(why) for claim, why in self.purposes.items()}}
                if self.purposes
                else {}
            ),
        }


def display_of(
    names: Mapping[str, str],
    organisation: str,
    sector: str,
    otherwise: str,
    purposes: Mapping[str, Mapping[str, str]] | None = None,
) -> RpDisplay:
    """What we tell other regions of an app of ours; `otherwise` stands where a text has nothing that can be read.

    `purposes`: of the claims that are asked for. They are left out where they would be too much to be taken.
    """
    named = _shown(names, MAX_TEXT) or {"en": shown(otherwise)}
    why = {
        claim: _shown(texts, MAX_PURPOSE)
        for claim, texts in (purposes or {}).items()
        if _CLAIM.fullmatch(claim)
    }
    display = RpDisplay(
        named,
        shown(organisation) or shown(otherwise),
        sector.lower(),
        {claim: texts for claim, texts in why.items() if texts},
    )
    is_taken = len(display.purposes) <= MAX_PURPOSES and len(json.dumps(display.to_json())) <= MAX_JSON
    return display if is_taken else replace(display, purposes={})


def shown(text: str, longest: int = MAX_TEXT) -> str:
    """A text of our own registry in the form that other regions take."""
    kept = "".join(each for each in text if each.isprintable() and each not in _MARKUP)
    return " ".join(kept.split())[:longest].strip()


def _shown(texts: Mapping[str, str], longest: int) -> dict[str, str]:
    kept = {tag: shown(text, longest) for tag, text in texts.items() if _TAG.fullmatch(tag) and shown(text)}
    return dict(list(kept.items())[:MAX_LANGUAGES])


def _object(raw: str) -> dict[str, Any]:
    # One pair of braces for all, one for the name, one for the purposes, and one for each purpose.
    if len(raw) > MAX_JSON or raw.count("{") > MAX_PURPOSES + 3 or "[" in raw:
        raise _malformed("it is too large")
    try:
        members = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _malformed("it is not JSON") from error
    if not isinstance(members, dict):
        raise _malformed("it is not an object")
    return members


def _tag(tag: str) -> str:
    if not _TAG.fullmatch(tag):
        raise _malformed("a language has no name that we know")
    return tag


def _claim(name: str) -> str:
    if not _CLAIM.fullmatch(name):
        raise _malformed("a purpose is of no claim")
    return name


def _texts(value: object, longest: int) -> dict[str, str]:
    if not isinstance(value, dict) or not 0 < len(value) <= MAX_LANGUAGES:
        raise _malformed("a text must have 1 to 16 languages")
    return {_tag(tag): _text(text, longest) for tag, text in value.items()}


def _text(value: object, longest: int) -> str:
    # Not printable are also the signs that turn the direction of writing around, and so the sense of a name.
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.strip():
        raise _malformed(f"a text is missing, or has more than {longest} characters")
    if not value.isprintable() or not _MARKUP.isdisjoint(value):
        raise _malformed("a text has characters that are not for reading")
    return value


def _sector(value: object) -> str:
    if not isinstance(value, str) or not _SECTOR.fullmatch(value):
        raise _malformed("sector is missing or no host")
    return value


def _malformed(why: str) -> InvalidRequest:
    return InvalidRequest(f"rp_display is refused: {why}")
