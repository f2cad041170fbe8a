"""The sign-in pages: who are you, your password, your second factor.

The same steps in the same time for known and unknown identifiers; every page returns to `idp.web.flow.resume`.
"""
