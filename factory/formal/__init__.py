"""Formal proofs as a source: traced proofs from data sets and from Lean, and chains of thought made of them."""
