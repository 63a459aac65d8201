"""Sections 3 to 5 of the specification as plain Python: an oracle that reads no model file and no parser.

It imports nothing of the package, does its own date arithmetic, and writes out the codes that the
specification names. What that leaves to the catalogue (which codes mean osteoarthritis) the caller hands in.
"""
