"""JUDGES: what can be said of a step or an answer without a language model. Imports ``schemas`` only.

``panel`` is the door; ``names`` says which judges there are.

``steps`` judges a step's claims: ``claims`` and ``arithmetic`` plain arithmetic, ``quantities`` what words name, ``wording``
sums and properties in words, ``algebra`` what holds letters. ``answers`` compares final answers; ``programs`` and ``code``
run programs; ``pool`` and ``worker`` keep the reading of untrusted text, and ``sandbox`` everything, in processes shut in.
"""

from verifiers.panel import STEP_JUDGES, Panel, PanelConfig

__all__ = ["STEP_JUDGES", "Panel", "PanelConfig"]
