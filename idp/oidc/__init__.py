"""The protocol: OAuth 2 and OpenID Connect rules as plain functions and frozen values.

Owns what a request must look like, in which order it is checked, what a token says. Knows no Flask, no SQL, no
clock and no randomness of its own: those arrive as arguments (`ports.py`). Who a person is and how they proved it
lives in `idp.authn` and `idp.accounts`; HTTP lives in `idp.web`.
"""
