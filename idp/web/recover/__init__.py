"""The recovery pages: whose account, two anchors, the waiting, the new password; the counter; stopping it.

What may follow what is decided in `idp.authn.recovery`; every page here first asks where the recovery stands, and
sends whoever is too early or too late to where it does.
"""
