"""A small JSON document from an address of this installation, for whoever examines it."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

ANSWER_SECONDS = 5
MAX_DOCUMENT = 64 * 1024


def fetch_json(url: str) -> dict[str, Any]:
    """A small JSON object, fetched without a proxy. Raises: OSError, HTTPException, ValueError."""
    from idp.adapters import localhost

    with (
        localhost.installed(),
        build_opener(ProxyHandler({})).open(Request(url), timeout=ANSWER_SECONDS) as answer,
    ):
        document = json.loads(answer.read(MAX_DOCUMENT))
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document
