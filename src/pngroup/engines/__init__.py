"""Engines: the same grouping where the data live and one machine's memory ends."""
