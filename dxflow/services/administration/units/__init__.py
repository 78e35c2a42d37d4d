"""Units and posts as administrators keep them: shown as of a day, changed from a day on."""
