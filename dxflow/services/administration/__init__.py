"""What administrators do to the installation: people, sessions, calendar, maintenance, state."""
