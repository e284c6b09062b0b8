"""The classifier beside its peers, on the same rows in one run (see README.md)."""
