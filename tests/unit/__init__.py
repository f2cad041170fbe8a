"""Rules and adapters on their own: no server, no database."""
