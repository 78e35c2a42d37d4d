"""Acts on cases: each one function, one transaction, its audit events."""
