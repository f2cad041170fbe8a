"""What the specifications demand, clause by clause, through the public endpoints."""
