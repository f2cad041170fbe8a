"""Attacks on a provider, each with the promise that must hold. The table is docs/security/attacks.md."""
