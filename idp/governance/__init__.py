"""Who of the staff may do what, and how a dangerous change comes to pass: roles, actions, change requests.

Owns the role matrix, the states of a change request and the rule that no path but an emergency suspension applies one
without two people. Does not own what a change does: the trust list is in `idp.trustlist`, mini-apps in `idp.registry`;
they are joined in `idp.wiring.governing`. Citizens are in `idp.accounts`: staff are nobody's account.
"""
