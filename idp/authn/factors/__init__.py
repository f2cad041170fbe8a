"""One file per factor: what is enrolled, and how a proof is checked."""
