"""Packs: read, checked as a whole, published as versions."""
