"""The console: pages for the staff of a hub or a region.

Owns how the staff come in, the frame around their pages and what each page shows. Decides nothing: who may do what is
in `idp.governance.roles`, what a change needs before it happens in `idp.governance`. Citizens' sessions open nothing
here, and a session of the staff nothing there.
"""
