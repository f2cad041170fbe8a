"""The only place where ports meet adapters: builds the frozen `Services` once for each process."""

from __future__ import annotations

from idp.wiring.building import build_services
from idp.wiring.services import Services

__all__ = ["Services", "build_services"]
