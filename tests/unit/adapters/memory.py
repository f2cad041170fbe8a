"""Stores that forget: the same promises as the real ones, kept in memory."""

from __future__ import annotations

import threading

from idp.oidc.keys import KeyPlan, KeyPurpose, KeyRecord, KeyState


class StoreUnreachable(OSError):
    """What a driver raises when the database is gone."""


class MemoryKeyStore:
    """Implements `idp.oidc.ports.KeyStore`; counts its calls, and can be cut off."""

    def __init__(self) -> None:
        self.records: dict[str, KeyRecord] = {}
        self.calls: list[str] = []
        self.is_cut_off = False
        self.on_apply: list[KeyPlan] = []
        """Plans of somebody else that arrive just before the next one of ours."""
        self._generation = 0
        self._lock = threading.Lock()

    def published(self, purpose: KeyPurpose) -> tuple[KeyRecord, ...]:
        return tuple(
            record
            for record in self.every()
            if record.purpose is purpose and record.state is not KeyState.RETIRED
        )

    def every(self) -> tuple[KeyRecord, ...]:
        self._answer("every")
        return tuple(sorted(self.records.values(), key=lambda record: record.created_at))

    def generation(self) -> int:
        self._answer("generation")
        return self._generation

    def apply(self, plan: KeyPlan, *, generation: int) -> bool:
        self._answer("apply")
        with self._lock:
            while self.on_apply:
                self._keep(self.on_apply.pop(0))
            if generation != self._generation:
                return False
            self._keep(plan)
            return True

    def _keep(self, plan: KeyPlan) -> None:
        for record in plan.add:
            assert record.kid not in self.records
            self.records[record.kid] = record
        for record in plan.change:
            assert record.kid in self.records
            self.records[record.kid] = record
        self._generation += 1

    def _answer(self, call: str) -> None:
        if self.is_cut_off:
            raise StoreUnreachable("the database is gone")
        self.calls.append(call)
