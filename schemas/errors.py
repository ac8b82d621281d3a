"""Every way the factory itself can fail. Wrong is a value (``Verdict``), broken is one of these.

    FactoryError (exit 1)            something of ours broke; the message says what to do
    ├── BadInput (exit 2)            a file, row, column map or argument of the user's
    │   └── ConfigError              a recipe or ``--set`` value
    ├── ModelMissing (exit 3)        the policy model is not on this machine
    ├── PolicyBroken (exit 4)        the engine or server behind the policy cannot be used
    ├── JudgeBroken (exit 5)         a judge's worker cannot be started at all
    ├── RunConflict (exit 6)         the output folder belongs to another run, or is in use
    ├── DiskFull (exit 7)            the write did not fit; what was finished stays finished
    ├── SubmitError (exit 8)         the Ray Jobs server refused, failed or lost the job
    └── HubError (exit 9)            the Hub refused, failed or answered nonsense

All carry one message and nothing else, so they pickle and cross Ray. 130 is Ctrl-C, after a clean stop.
"""


class FactoryError(Exception):
    """Something of ours broke. ``str(error)`` is one paragraph that says what to do; ``exit_code`` is the process's."""

    exit_code = 1


class BadInput(FactoryError):
    """A file, row, column map or argument that cannot be used as given."""

    exit_code = 2


class ConfigError(BadInput):
    """A recipe key or value that is not understood."""


class ModelMissing(FactoryError):
    """The policy model cannot be found on this machine."""

    exit_code = 3


class PolicyBroken(FactoryError):
    """The engine or server that completes prompts died or answers nonsense."""

    exit_code = 4


class JudgeBroken(FactoryError):
    """A judge's worker process cannot be started."""

    exit_code = 5


class RunConflict(FactoryError):
    """The output folder belongs to another run, or another process is writing to it."""

    exit_code = 6


class DiskFull(FactoryError):
    """A write did not fit on the disk; nothing already committed is lost."""

    exit_code = 7


class SubmitError(FactoryError):
    """The Ray Jobs server refused, failed or lost the job."""

    exit_code = 8


class HubError(FactoryError):
    """The Hugging Face Hub refused, failed or answered nonsense."""

    exit_code = 9
