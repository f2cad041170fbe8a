"""What the Makefile runs around the product: `venv.sh`, `needs`, `check`. Never shipped."""
