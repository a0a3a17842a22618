"""Evidence for outsiders: the Merkle log over all events, its signed heads, proofs and bundles.

What stands here is what a stranger can check with a key on paper and no access to us. `verifier`
is a program of its own: it imports nothing of ours and travels inside every bundle.
"""
