"""Problems to prompts, by Jinja templates. The chat template itself is the model's own and is applied by the policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from factory.policy import Prompt
from factory.steps import prefix_text
from schemas import ConfigError, Message, Problem


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """The ``[prompt]`` table of a recipe. ``template`` is a bundled name (``plain``, ``math``, ``lean``,
    ``gsm8k_fewshot``) or the path of a ``.jinja`` file; it renders the user's message from ``problem``, ``tests`` and
    ``goals``, which is what is left to prove (domain ``lean``, "" where it is not known or for a row's question)."""

    template: str = "plain"
    system: str = ""


class Prompter:
    """Renders the prompt at a tree node. Raises ``ConfigError`` for a template that is absent or does not render."""

    def __init__(self, spec: PromptSpec) -> None:
        self._system = spec.system
        self._source = template_source(spec.template)
        environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)
        try:
            self._template = environment.from_string(self._source)
        except TemplateError as error:
            raise ConfigError(f"[prompt] template {spec.template!r} is not valid Jinja: {error}.") from error

    def question(self, problem: Problem, goals: str = "") -> str:
        """The user's message."""
        try:
            return self._template.render(problem=problem.statement, tests=problem.tests, goals=goals)
        except TemplateError as error:
            raise ConfigError(
                f"[prompt] template does not render: {error}. It has `problem`, `tests` and `goals`."
            ) from error

    def prompt(self, problem: Problem, steps: Sequence[str], goals: str = "") -> Prompt:
        """The conversation with ``steps`` already answered, which leave ``goals``."""
        user = Message("user", self.question(problem, goals))
        system = (Message("system", self._system),) if self._system else ()
        return Prompt((*system, user), prefix_text(steps))


def template_source(name: str) -> str:
    """The text of a template: a bundled one by name, else a file. Raises ``ConfigError``."""
    bundled = resources.files("factory") / "templates" / f"{name}.jinja"
    if bundled.is_file():
        return bundled.read_text(encoding="utf-8")
    path = Path(name)
    if not path.is_file():
        raise ConfigError(f"[prompt] template {name!r} is neither a bundled template nor a file.")
    return path.read_text(encoding="utf-8")
