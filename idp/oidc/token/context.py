"""What every grant type works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.oidc.ports import CodeStore, GrantStore
from idp.oidc.token.issue import Mint

ReuseListener = Callable[[str, str, datetime], None]
"""Told (grant id, client id, now) when a consumed code or refresh token is presented again."""


@dataclass(frozen=True, slots=True)
class GrantServices:
    """The stores a grant consumes from, and the mint that makes what follows."""

    mint: Mint
    codes: CodeStore
    grants: GrantStore
    on_code_reuse: ReuseListener
    on_refresh_reuse: ReuseListener
