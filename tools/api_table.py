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
  allow, for 90 days at most; never for what break-glass alone allows. It goes into the header
  `Authorization: Bearer …`, and nowhere else.
- Requests are JSON objects of at most 128 KiB. A member that is not known is an error.
- Lists come in pages: give `next` of one as `after` of the following one.
- Errors are problem details (RFC 9457) with a `request_id`; `problems` names fields and says what to do. Sentences are
  for people; `code`, where there is one, never changes.
- What is dangerous is proposed by one person and approved by somebody else: here, or at the `page` that the answer
  names.
- After `IDP_STAFF_CALLS_PER_MINUTE` calls with one token in a minute the answer is 429, and `Retry-After` says how long
  to wait. A worker process counts a sixtieth at a time: over many of them a token is stopped earlier, by less than that
  for each.

## What takes a passkey

The token only asks. An operation at an address that ends in `-question`, `-questions` or `-creations` answers with
`id`, `expires_at` and `options`.

1. Give `options` to a security key, as `PublicKeyCredential.parseRequestOptionsFromJSON` reads them, for the origin
   that is the installation's issuer. A browser shows passkeys to our own pages alone: this is for programs at a key.
2. Send what came back, as `PublicKeyCredential.toJSON` writes it, to the operation that decides, within two minutes:
   `"confirmation": {{"id": …, "answer": {{…}}}}`.

It counts once, for the token that asked and for exactly what was asked: this change with this content, this suspension,
this token. What the operation that asks is given, the one that decides is given again. A passkey that is to be added is
made from `options` as `parseCreationOptionsFromJSON` reads them.

Passkeys are added and removed by a token for everything that its owner may, and by no narrower one. A token makes none
for more actions, nor for longer, than it has itself. It ends itself (`end_this_token`) and nothing else without a
passkey: whoever stole it does not keep its owner out.
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
