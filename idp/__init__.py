"""Tongxing (通行): an OpenID Connect identity provider for public services.

Start with `app.py`, which reads like a table of contents; `docs/architecture.md` is the map. Each package
below says in its own docstring what it owns, what it does not, and where to look instead.
"""

__version__ = "0.1.0"
