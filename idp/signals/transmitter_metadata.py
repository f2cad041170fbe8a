"""What a receiver has to know to begin. Spec: SSF 1.0 §7.1; CAEP Interoperability Profile 1.0 §2.3."""

from __future__ import annotations

from typing import Any

from idp.signals.stream import POLL_PATH, Method

WELL_KNOWN = "/.well-known/ssf-configuration"
STREAM = "/ssf/stream"
STATUS = "/ssf/status"
ADD_SUBJECT = "/ssf/subjects/add"
REMOVE_SUBJECT = "/ssf/subjects/remove"
VERIFY = "/ssf/verify"
POLL = POLL_PATH
OAUTH = "urn:ietf:rfc:6749"


def transmitter_metadata(issuer: str) -> dict[str, Any]:
    """The document at the well-known address."""
    return {
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks.json",
        "delivery_methods_supported": [method.value for method in (Method.PUSH, Method.POLL)],
        "configuration_endpoint": issuer + STREAM,
        "status_endpoint": issuer + STATUS,
        "add_subject_endpoint": issuer + ADD_SUBJECT,
        "remove_subject_endpoint": issuer + REMOVE_SUBJECT,
        "verification_endpoint": issuer + VERIFY,
        # Who does not look at the session may end more than was meant, and never less.
        "critical_subject_members": ["user"],
        "authorization_schemes": [{"spec_urn": OAUTH}],
        "default_subjects": "ALL",
    }
