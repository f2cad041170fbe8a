"""Who signs in and which mini-app asks: the same for every contestant, so that they do the same work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """The one account of a measurement."""

    username: str
    password: str
    claims: dict[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """The one mini-app of a measurement. Nothing ever connects to its redirect URI."""

    id: str
    secret: str
    redirect_uri: str


PERSON = Person(
    "bench-citizen",
    "correct-horse-bench-staple-7351",
    {"name": "Bench Citizen", "given_name": "Bench", "family_name": "Citizen", "locale": "zh-CN"},
)
CLIENT = Client(
    "bench-app", "b3NnZXMtYmVuY2gtc2VjcmV0LW9mLTI1Ni1iaXRz-0", "https://app.bench.invalid/callback"
)
RESOURCE = "https://api.bench.invalid"
SCOPE = "bench.read"
"""What machine tokens are for: one API with one scope."""
