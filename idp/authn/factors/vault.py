"""How what a body shows is kept: every template under a key of its own, so that destroying the key destroys it.

A face or a voice cannot be changed when it gets out. So each template has its own key, which only the provider's key
unwraps, and is bound to its owner, factor, model and version: moved to another row it does not open.
`idp.adapters.template_vault` implements both ports. Spec: NIST SP 800-63B-4 §3.2.3; ISO/IEC 24745 §5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from idp.oidc.proofs import Method


@dataclass(frozen=True, slots=True)
class TemplateOwner:
    """Whose template, and of what. All of it is authenticated with the template."""

    account_id: str
    factor: Method
    model_id: str
    """What computed it. A template of one model says nothing to another: the person enrols again."""
    version: int
    """Counts the enrolments of this person, so that an earlier template cannot take the place of a later one."""


@dataclass(frozen=True, slots=True)
class SealedTemplate:
    """A template as stored. Without `wrapped_key` nobody can open the rest, we neither."""

    wrapped_key: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


class TemplateVault(Protocol):
    """Keeps any template that must be read again to be compared (the digits of a voice)."""

    def seal(self, owner: TemplateOwner, template: bytes) -> SealedTemplate:
        """Seal it under a fresh key."""
        ...

    def open(self, owner: TemplateOwner, kept: SealedTemplate) -> bytes:
        """The template. Raises: BrokenSeal — changed, moved to another owner or version, or of another provider."""
        ...


class VectorVault(Protocol):
    """Keeps a vector that is only ever compared by Euclidean distance: stored turned by a secret rotation.

    Distances survive, and two enrolments of one face look like two strangers. A rotation can be turned back by whoever
    has the key: it makes templates revocable and unlinkable, not secret.
    """

    def seal(self, owner: TemplateOwner, vector: Sequence[float]) -> SealedTemplate:
        """Turn it by a rotation of its own, and seal it under a fresh key."""
        ...

    def distance(self, owner: TemplateOwner, kept: SealedTemplate, vector: Sequence[float]) -> float:
        """How far `vector` is from the sealed one, which is never turned back. Raises: BrokenSeal."""
        ...
