"""Transfers of personnel (人事異動): planned from files, rehearsed, scheduled, applied, taken back."""
