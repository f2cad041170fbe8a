"""What may enter the registry of mini-apps, and what may not."""
