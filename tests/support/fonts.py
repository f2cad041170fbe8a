"""A font with Chinese characters: without one a page of names is a page of boxes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PLACES = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "/System/Library/Fonts")
NAMES = ("*CJK*", "*SourceHan*", "*wqy*", "PingFang*", "*Heiti*")


class FontMissing(RuntimeError):
    """No font with Chinese characters on this machine; the text says how to get one."""


def find_cjk_font() -> str:
    """Name one font that can draw Chinese.

    Raises: FontMissing.
    """
    if shutil.which("fc-list"):
        listed = subprocess.check_output(["fc-list", ":lang=zh-cn", "file"], text=True)
        if listed.strip():
            return listed.split(":")[0]
    for place in PLACES:
        for name in NAMES:
            for found in Path(place).expanduser().rglob(name):
                return str(found)
    raise FontMissing("No font with Chinese characters is installed, for example Noto Sans CJK.")
