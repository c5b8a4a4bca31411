"""Several things changed before the trouble began: which of them did it?"""
