"""The verifier packages, in Python and in JavaScript."""
