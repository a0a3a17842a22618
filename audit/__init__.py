"""Evidence for outsiders: every invariant recomputed by another path than the code it checks."""
