"""What everything stands on: clock, entropy, secrets, identifiers, audit vocabulary, packaged folders.

Owns the only calls to the system clock and the system's randomness. Imports nothing but the standard library
and knows nothing of protocols (`idp.oidc`), rows (`idp.storage`) or pages (`idp.web`).
"""
