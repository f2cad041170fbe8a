"""The reference page of the staff's API, made from its operations."""

from __future__ import annotations

from idp.settings import Role
from idp.web.api.operation import PREFIX, Operation
from idp.web.api.table import operations_of

INTRODUCTION = f"""\
# The staff's API

<!-- Made by `python -m tools.reference` from the operations themselves. Change idp/web/api, not this page. -->

What staff do on the console, for programs. Every installation describes its own at `{PREFIX}/openapi.json`
(OpenAPI 3.1).

- A member of the staff makes an API token on the console (*Your access*), for some of the actions that their roles
  allow, for 90 days at most. It goes into the header `Authorization: Bearer …`, and nowhere else.
- Requests are JSON objects of at most 128 KiB. A member that is not known is an error.
- Lists come in pages: give `next` of one as `after` of the following one.
- Errors are problem details (RFC 9457) with a `request_id`; `problems` names fields and says what to do.
- What is dangerous is proposed here and approved by somebody else at the `page` that the answer names, with a passkey.
"""


def api_page() -> str:
    """The reference page."""
    both = {one.name for one in operations_of(Role.HUB)} & {one.name for one in operations_of(Role.REGION)}
    parts = [INTRODUCTION]
    for title, operations in (
        ("Everywhere", [one for one in operations_of(Role.HUB) if one.name in both]),
        ("At a hub", [one for one in operations_of(Role.HUB) if one.name not in both]),
        ("In a region", [one for one in operations_of(Role.REGION) if one.name not in both]),
    ):
        parts.append(f"\n## {title}\n\n| operation | request | action | what it does |\n|---|---|---|---|\n")
        parts.extend(map(_row, operations))
    return "".join(parts)


def _row(one: Operation) -> str:
    path = f"{PREFIX}{one.path}".replace("<", "{").replace(">", "}")
    return f"| `{one.name}` | `{one.method} {path}` | `{one.action.value}` | {one.summary} |\n"
