"""The authorization request from its first byte to its answer.

`examine` runs the checks in two phases (`checks.py` lists them in order); `next_step` decides what happens next;
`transaction.py` holds what must survive between two pages; `target.py` is the only maker of redirect addresses.
"""
