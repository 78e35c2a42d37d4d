"""Pictures for the README, taken from the running demonstration."""
