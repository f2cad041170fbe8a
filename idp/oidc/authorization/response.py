"""The answer of the authorization endpoint: an address with `code` or `error`, `state` and `iss`.

Spec: RFC 6749 §4.1.2, §4.1.2.1; RFC 9207 §2.
"""

from __future__ import annotations

from urllib.parse import urlencode

from idp.oidc.authorization.refusal import RedirectError
from idp.oidc.authorization.target import VerifiedTarget


def success_uri(target: VerifiedTarget, code: str, issuer: str) -> str:
    """Where to send the browser with a code."""
    return _with_parameters(target, {"code": code}, issuer)


def error_uri(refusal: RedirectError, issuer: str) -> str:
    """Where to send the browser with a refusal."""
    cause = refusal.cause
    return _with_parameters(
        refusal.target, {"error": cause.code, "error_description": cause.description}, issuer
    )


def _with_parameters(target: VerifiedTarget, parameters: dict[str, str], issuer: str) -> str:
    if target.state is not None:
        parameters["state"] = target.state
    parameters["iss"] = issuer
    separator = "&" if "?" in target.uri else "?"
    return target.uri + separator + urlencode(parameters)
