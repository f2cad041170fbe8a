"""The hub at work: its list changed, published and served; regions visited and heard."""
