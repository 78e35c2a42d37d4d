"""Meetings of bodies: planned, prepared, held, and their minutes."""
