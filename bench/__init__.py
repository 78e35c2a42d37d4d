"""Benchmarks: `python -m bench`, or `make bench`.

A figure is worth something only beside another one taken on the same machine in the same minute:
rates are measured in slices that alternate with bare INSERT+COMMIT on the same database file or
server, with the same driver and the same durability, and told as ratios.
"""
