"""Mail that goes out: its texts, the way to the server, and what became of each message."""
