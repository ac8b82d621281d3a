"""The judges' names and versions. A version changes whenever a verdict could; verdicts carry it. Imports nothing."""

STEPS = "sympy"
ANSWER = "answer"
CODE = "python"
LEAN = "lean"

VERSIONS = {STEPS: "2", ANSWER: "2", CODE: "2", LEAN: "1"}
