"""A cancelable transform: vectors turned by a random rotation that follows from a key.

Uniform over all rotations (Haar), so that a turned vector alone says nothing of the direction it had.
Spec: ISO/IEC 24745 §5.3 (renewable, unlinkable references); Mezzadri (2007), §5 for the construction.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

_LARGEST = 2.0**53


def rotated(vector: Sequence[float], key: bytes) -> tuple[float, ...]:
    """The vector, turned. Equal keys turn equally, on every machine, to rounding."""
    # An extra of the installation: whoever does not compare faces does not need it.
    import numpy as np

    # numpy's own generators may draw otherwise in another release; what is stored must not depend on that.
    size = len(vector)
    drawn = np.frombuffer(hashlib.shake_256(key).digest(16 * size * size), dtype="<u8") >> np.uint64(11)
    uniform = (drawn.astype(np.float64) + 0.5) / _LARGEST
    radius, angle = np.sqrt(-2 * np.log(uniform[: size * size])), 2 * np.pi * uniform[size * size :]
    normal = (radius * np.cos(angle)).reshape(size, size)
    turn, upper = np.linalg.qr(normal)
    # Without the signs the result is not uniform.
    turn *= np.sign(np.diagonal(upper))
    return tuple(float(value) for value in turn @ np.asarray(vector, dtype=np.float64))


def as_bytes(vector: Sequence[float]) -> bytes:
    """The vector as it is sealed."""
    return struct.pack(f"<{len(vector)}d", *vector)


def from_bytes(packed: bytes) -> tuple[float, ...]:
    """The inverse of `as_bytes`."""
    return struct.unpack(f"<{len(packed) // 8}d", packed)
