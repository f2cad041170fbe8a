"""What others are told when something ends."""
