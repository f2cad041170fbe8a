"""A person's own pages: what we know, where they are signed in, what they share, what guards the account."""
