"""Torture: real servers are killed while many people work, and every promise is checked after."""
