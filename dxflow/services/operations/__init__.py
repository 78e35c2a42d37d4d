"""What administrators do to processes and running cases: versions, migration, halts, incidents."""
