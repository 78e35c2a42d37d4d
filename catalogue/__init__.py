"""The translations of the program: collect its texts, keep the catalogue, compile it."""
