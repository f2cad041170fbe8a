"""How a provider comes to know entities that it never met: chains found and judged, and clients made of them."""
