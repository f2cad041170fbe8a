"""The client that a submission stands for: what the protocol sees of a mini-app."""

from __future__ import annotations

from dataclasses import replace

from idp.foundation.entropy import Entropy
from idp.oidc.client import Client
from idp.registry.registration import changed_client, new_client
from idp.registry.rules import Rules
from idp.registry.submission import Submission


def client_of(submission: Submission, known: Client | None, rules: Rules, *, entropy: Entropy) -> Client:
    """The client as this version would have it, switched on or off like the known one; a new one is off.

    It may ask for the claims that gave their reasons, and no others. A secret is made by its owner, when it is wanted:
    so a new one has none. Raises: RefusedClient.
    """
    if known is None:
        made = new_client(submission.application, rules, entropy=entropy).client
        made = replace(made, enabled=False, secret_hash=None)
    else:
        made = changed_client(known, submission.application, rules, entropy=entropy).client
        made = replace(made, secret_hash=known.secret_hash if made.secret_hash else None)
    # Nobody's browser asks another host for a picture: ours is at our own address.
    return replace(made, claims=tuple(submission.claims), logo_uri=None, logo=submission.logo)
