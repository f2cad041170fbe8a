"""The WSGI entry point: what a production server imports. Everything else is in `idp`."""

from __future__ import annotations

from idp.app import create_app
from idp.settings import load

app = create_app(load())
