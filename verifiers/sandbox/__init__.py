"""The isolation room: untrusted programs and judges in children that can neither reach out nor outlive their job.

``Sandbox`` is the door. A fork server (``zygote``) is started once per host process (``launch``); it enters namespaces
(``namespaces``) and a read-only tree (``filesystem``) and forks one child per job, which shuts itself in for good
(``lockdown``: ``landlock``, ``seccomp``, rlimits) and then plays a role (``roles``). The host holds its pipes (``child``).
``check`` tries each class of attack on this machine.
"""

from verifiers.sandbox.api import Sandbox
from verifiers.sandbox.check import Check, self_check
from verifiers.sandbox.child import Child
from verifiers.sandbox.records import (
    ChildFlood,
    ChildGone,
    ChildLate,
    Finished,
    Layer,
    Limits,
    SandboxConfig,
)

__all__ = [
    "Check",
    "Child",
    "ChildFlood",
    "ChildGone",
    "ChildLate",
    "Finished",
    "Layer",
    "Limits",
    "Sandbox",
    "SandboxConfig",
    "self_check",
]
