"""Who is here, and how well they proved it: sessions, factors, attempts.

Owns passwords, TOTP, recovery codes, browser sessions and the throttle. Does not know what a mini-app may have
(`idp.oidc`) nor what is known about a person (`idp.accounts`).
"""
