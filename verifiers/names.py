"""The judges' names and versions. A version changes whenever a verdict could; verdicts carry it. Imports nothing."""

STEPS = "sympy"
ANSWER = "answer"
CODE = "python"

VERSIONS = {STEPS: "2", ANSWER: "2", CODE: "2"}
