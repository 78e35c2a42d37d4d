"""The city's own closed and open days: entered by hand or from a file, in force at once."""
