"""What a refusal says to the integrator."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import idp.oidc
from idp.oidc import errors

ROOT = Path(idp.oidc.__file__).parent
REGISTERED = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "invalid_target",
    "access_denied",
    "login_required",
    "consent_required",
    "interaction_required",
    "unmet_authentication_requirements",
    "request_not_supported",
    "invalid_request_object",
    "invalid_request_uri",
    "request_uri_not_supported",
    "invalid_trust_anchor",
    "invalid_trust_chain",
    "invalid_metadata",
    "invalid_subject",
    "not_found",
    "unsupported_parameter",
    "registration_not_supported",
    "server_error",
    "invalid_token",
    "invalid_dpop_proof",
    "use_dpop_nonce",
    "insufficient_scope",
    "slow_down",
    # Ours: SSF 1.0 §8.1.1.1, §8.1.1.5 and §8.1.2.2 have the statuses 409 and 403 and no words for them.
    "stream_exists",
    "stream_held",
}
SAFE = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")
"""Spec: RFC 6749 §4.1.2.1, §5.2; RFC 6750 §3: neither quotes nor backslashes nor line ends."""


def classes() -> list[type[errors.ProtocolError]]:
    return [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.ProtocolError)
    ]


def descriptions() -> Iterator[tuple[str, str]]:
    """Every constant description in the protocol, and where it stands."""
    names = {kind.__name__ for kind in classes()}
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
            if called and node.args and isinstance(node.args[0], ast.Constant):
                yield f"{path.name}:{node.lineno}", str(node.args[0].value)
            if called and node.args and isinstance(node.args[0], ast.JoinedStr):
                text = "".join(part.value for part in node.args[0].values if isinstance(part, ast.Constant))
                yield f"{path.name}:{node.lineno}", text


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_registered_code(kind: type[errors.ProtocolError]) -> None:
    assert kind.code in REGISTERED


def test_every_description_can_be_sent_as_it_is() -> None:
    found = list(descriptions())

    assert len(found) > 50
    assert [place for place, text in found if not SAFE.fullmatch(text)] == []
