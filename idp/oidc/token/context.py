"""What every grant type works with."""

from __future__ import annotations

from dataclasses import dataclass

from idp.oidc.ports import CodeStore, GrantStore
from idp.oidc.token.issue import Mint


@dataclass(frozen=True, slots=True)
class GrantServices:
    """The stores a grant consumes from, and the mint that makes what follows."""

    mint: Mint
    codes: CodeStore
    grants: GrantStore
