"""Under fire: a real server of two processes, everything at once, and what must hold all the same."""
