"""One file per outside thing: password hashing, TOTP arithmetic, QR drawing, sealing, JOSE.

Owns every import of the libraries behind them and turns their errors into ours. Decides nothing: what a factor or a
token is worth is settled in `idp.authn` and `idp.oidc`; rows live in `idp.storage`.
"""
