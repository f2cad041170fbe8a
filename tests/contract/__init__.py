"""What every store promises, held on every database it runs on."""
