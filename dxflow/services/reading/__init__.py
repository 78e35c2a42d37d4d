"""What pages and programs read of cases, measures and the log."""
