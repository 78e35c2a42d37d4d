"""Files attached to cases: names that are safe, kinds told by their bytes, limits (pure)."""
