"""Security events on their way: told to receivers, and heard from the regions that people come from."""
