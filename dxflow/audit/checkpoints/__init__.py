"""Signed checkpoints of the log: how they are written, kept in a folder, read and compared."""
