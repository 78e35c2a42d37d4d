"""The file of a backup: what stands in it, how it is written, checked and read back."""
