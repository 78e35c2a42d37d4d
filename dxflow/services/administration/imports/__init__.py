"""People and their posts from a file: read, checked as a whole, shown, then written at once."""
