"""Names of authentication strength: `acr` values are public, the ladder behind them is an ordered enum.

Spec: OpenID Connect Core §2 (acr), §3.1.2.1 (acr_values), §5.5.1.1 (essential acr).
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.oidc.vocabulary import AcrLevel


@dataclass(frozen=True, slots=True)
class AcrNames:
    """Turns levels into the region's `acr` strings and back. `prefix` is a setting (`urn:tongxing:acr:`)."""

    prefix: str
    highest_level: AcrLevel = AcrLevel.STRONGEST
    """What can be reached in this region at all, by its assurance policy."""

    def name(self, level: AcrLevel) -> str:
        return f"{self.prefix}{int(level)}"

    def level(self, name: str) -> AcrLevel | None:
        """The level that `name` stands for; None for a value that is not ours (a wish we cannot read)."""
        return next((level for level in AcrLevel if self.name(level) == name), None)

    def highest(self, names: tuple[str, ...]) -> AcrLevel | None:
        """The strongest level named; None when there is none we know."""
        known = [level for level in map(self.level, names) if level is not None]
        return max(known, default=None)

    def lowest(self, names: tuple[str, ...]) -> AcrLevel | None:
        """The weakest level named: reaching any one of an essential list is enough."""
        known = [level for level in map(self.level, names) if level is not None]
        return min(known, default=None)
