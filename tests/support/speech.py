"""Speech for tests: digits said by espeak-ng, put together with pauses, as the page would send them."""

from __future__ import annotations

import io
import subprocess
import wave
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tests.support.espeak import find_espeak

RATE = 16_000
"""Samples a second, what the page records and the provider takes."""
PAUSE_SECONDS = 0.35
LEAD_SECONDS = 0.5
"""Quiet before the first digit and after the last."""


@dataclass(frozen=True)
class Speaker:
    """A made-up voice. `voice` is espeak-ng's language and variant, as in `cmn+f2`."""

    voice: str = "en+m3"
    speed: int = 140
    """Words a minute."""
    pitch: int = 50
    """0 to 99."""

    def says(
        self, digits: str, *, pause: float = PAUSE_SECONDS, lead: float = LEAD_SECONDS, noise: float = 0.001
    ) -> bytes:
        """A recording of the digits, each by itself, in a room with a little hiss."""
        parts = [np.zeros(int(lead * RATE))]
        for digit in digits:
            parts += [_said(self.voice, self.speed, self.pitch, digit), np.zeros(int(pause * RATE))]
        sound = np.concatenate([*parts, np.zeros(int(LEAD_SECONDS * RATE))])
        hiss = np.random.default_rng(len(digits)).normal(0, noise, len(sound))
        return as_wav(sound + hiss)


def silence(seconds: float, noise: float = 0.001) -> bytes:
    """An empty room."""
    return as_wav(np.random.default_rng(1).normal(0, noise, int(seconds * RATE)))


def seconds_of(recording: bytes) -> float:
    """How long a recording lasts."""
    return (len(recording) - 44) / 2 / RATE


def as_wav(sound: Any) -> bytes:
    """Samples between -1 and 1 as a file: 16 kHz, one channel, 16 bits."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


@cache
def _said(voice: str, speed: int, pitch: int, digit: str) -> Any:
    command = [find_espeak(), "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", digit]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    # espeak-ng writes to a pipe, so the lengths in its header are not the real ones.
    rate = int.from_bytes(spoken[24:28], "little")
    samples = np.frombuffer(spoken[44 : 44 + (len(spoken) - 44) // 2 * 2], "<i2") / 32768
    heard = np.flatnonzero(np.abs(samples) > 0.005)
    samples = samples[heard[0] : heard[-1] + 1]
    times = np.arange(0, len(samples) / rate, 1 / RATE)
    return np.interp(times, np.arange(len(samples)) / rate, samples)
