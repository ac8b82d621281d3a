"""JUDGES: what can be said of a step or an answer without a language model. Imports ``schemas`` only.

``panel`` is the door. ``tokens``, ``grammar``, ``terms``, ``words`` and ``claims`` read arithmetic in text; ``exact``,
``symbolic`` and ``arithmetic`` decide it; ``equivalence`` compares answers; ``programs`` and
``code`` run programs and judge what they do; ``pool`` and ``worker`` keep all of it in processes that can be killed.
"""

from verifiers.panel import STEP_JUDGES, Panel, PanelConfig

__all__ = ["STEP_JUDGES", "Panel", "PanelConfig"]
