"""Files of cases: received, scanned, stored in pieces, read back, withdrawn."""
