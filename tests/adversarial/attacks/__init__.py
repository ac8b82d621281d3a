"""Hostile programs of our own, by what they attack. ``@NAME@`` stands for what a ``Watch`` fills in."""

from tests.adversarial.attacks import kernel, processes, reach, resources

ATTACKS: dict[str, str] = {**processes.ATTACKS, **resources.ATTACKS, **reach.ATTACKS, **kernel.ATTACKS}
