"""Request parameters, read once from the wire with every limit applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from idp.oidc.errors import InvalidRequest

MAX_FIELDS = 100
MAX_SIZE_BYTES = 64 * 1024
MAX_SIGNED_SIZE_BYTES = 256 * 1024
"""Of a form with a request object: a trust chain in its header has tens of kilobytes."""

# C0 controls and DEL have no place in any parameter, and NUL cannot be stored by PostgreSQL.
_CONTROL = {chr(code) for code in (*range(0x20), 0x7F)} - {"\t", "\n", "\r"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one request. A parameter without a value counts as absent (RFC 6749 §3.1)."""

    values: Mapping[str, tuple[str, ...]]

    @classmethod
    def from_urlencoded(cls, raw: bytes, max_size: int = MAX_SIZE_BYTES) -> Parameters:
        """Parse a query string or form body.

        Raises: InvalidRequest — too large, too many fields, not UTF-8, or control characters.
        """
        if len(raw) > max_size:
            raise InvalidRequest("the request is too large")
        try:
            pairs = parse_qsl(
                raw.decode("ascii"), keep_blank_values=False, errors="strict", max_num_fields=MAX_FIELDS
            )
        except ValueError as error:
            raise InvalidRequest("the request is not valid UTF-8 form data") from error
        return cls.from_pairs(pairs)

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Parameters:
        """Build from decoded pairs, e.g. those kept with a transaction."""
        values: dict[str, tuple[str, ...]] = {}
        for name, value in pairs:
            if not _CONTROL.isdisjoint(value) or not _CONTROL.isdisjoint(name):
                raise InvalidRequest("the request contains control characters")
            values[name] = (*values.get(name, ()), value)
        return cls(values)

    def pairs(self) -> list[tuple[str, str]]:
        """Every parameter as a pair, in order: the inverse of `from_pairs`."""
        return [(name, value) for name, values in self.values.items() for value in values]

    def one(self, name: str) -> str | None:
        """The parameter's only value, or None.

        Raises: InvalidRequest — given more than once. Spec: RFC 6749 §3.1, §3.2.
        """
        values = self.values.get(name)
        if values is None:
            return None
        if len(values) > 1:
            raise InvalidRequest(
                f"{name} must not be repeated" if name.isidentifier() else "repeated parameter"
            )
        return values[0]

    def required(self, name: str) -> str:
        """The parameter's only value. Raises: InvalidRequest — absent or repeated."""
        value = self.one(name)
        if value is None:
            raise InvalidRequest(f"{name} is required")
        return value

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter that may be repeated (`resource`, RFC 8707 §2)."""
        return self.values.get(name, ())

    def words(self, name: str) -> tuple[str, ...]:
        """A space-separated list without repetitions, in order."""
        value = self.one(name)
        return tuple(dict.fromkeys(word for word in (value or "").split(" ") if word))
