"""A camera that sees what a test holds in front of it: Chromium's fake capture device, which plays a film."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from tests.support.drawn_faces import Film

SIZE = (640, 480)


class Camera:
    """Looks at something grey until it is shown something else, be it on or off."""

    def __init__(self, path: Path) -> None:
        self._film = Film(path)

    @property
    def launch_args(self) -> tuple[str, ...]:
        """What Chromium is started with, to have this camera and no questions about it."""
        return (
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={self._film.path}",
        )

    def see(self, screenshot: bytes, tilt_degrees: float = 4.0) -> None:
        """Hold the camera in front of a screen, not quite straight."""
        picture = Image.open(io.BytesIO(screenshot)).convert("RGB")
        picture.thumbnail((SIZE[0] * 2 // 3, SIZE[1] * 2 // 3))
        picture = picture.rotate(tilt_degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="gray")
        scene = Image.new("RGB", SIZE, "gray")
        scene.paste(picture, ((SIZE[0] - picture.width) // 2, (SIZE[1] - picture.height) // 2))
        self.show(scene)

    def show(self, scene: Image.Image) -> None:
        """Let it see this picture from now on."""
        self._film.show(scene)
