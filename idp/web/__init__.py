"""HTTP: routes, pages, cookies, headers. Translates; decides nothing.

Machine endpoints (token, userinfo, discovery, …) are plain functions in `endpoints.py`, answered by the small WSGI
dispatcher `fast.py` ahead of Flask. Pages are Flask views that all come back to `flow.py`, which asks
`idp.oidc.authorization.next_step` what happens next. Only `edges.py` knows which status an error has.
"""
