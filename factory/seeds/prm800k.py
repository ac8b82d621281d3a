"""PRM800K (Lightman et al., arXiv 2305.20050), as published (nested) and flattened. Licence of the data: MIT."""

from typing import Any

from factory.seeds.raw import BadRow, Columns, RawRow, RawSolution, Row, kind_of


def prm800k(row: Row, columns: Columns) -> RawRow:
    """One labelled trajectory. Nested rows have ``question`` and ``label.steps``; flat ones ``problem`` and
    ``steps[].{text, rating}`` with an optional ``first_error``. A problem the labeler called bad is refused."""
    question = row.get("question")
    if not isinstance(question, dict):
        solution = RawSolution(columns.get(row, "steps"), columns.get(row, "ratings"), columns.get(row, "label"))
        return RawRow(columns.problem(row), (solution,))
    label = row.get("label")
    if not isinstance(label, dict) or not isinstance(label.get("steps"), list):
        raise BadRow("wrong_type", "there is a question but no label.steps list")
    if label.get("finish_reason") == "bad_problem":
        raise BadRow("bad_problem", "the labeler reported the problem itself as broken")
    problem = columns.problem(row, statement=question.get("problem"), answer=question.get("ground_truth_answer"))
    return RawRow(problem, (RawSolution([_step(item) for item in label["steps"]]),))


def _step(item: Any) -> dict[str, Any]:
    """The step the trajectory went on with; every other candidate, with its rating, is an alternative.

    ``chosen_completion`` says which; null means the labeler's own text, or, where there is none, that labelling ended
    here: then the first candidate is the step, because that is the one the labelled solution itself had."""
    completions = item.get("completions") if isinstance(item, dict) else None
    if not isinstance(completions, list):
        raise BadRow("wrong_type", f"the completions of a step are {kind_of(completions)}, not a list")
    chosen, human = item.get("chosen_completion"), item.get("human_completion")
    if chosen is None and human is not None:
        return {**_written(human), "alternatives": completions}
    index = 0 if chosen is None else chosen
    if type(index) is not int or not 0 <= index < len(completions):
        raise BadRow("bad_choice", f"chosen_completion {index!r} is none of {len(completions)} completions")
    step = completions[index]
    if not isinstance(step, dict):
        raise BadRow("wrong_type", f"a completion is {kind_of(step)}, not an object")
    return {**step, "alternatives": completions[:index] + completions[index + 1 :]}


def _written(human: Any) -> dict[str, Any]:
    """The labeler's own step: right by their instructions unless a second look rated it otherwise."""
    if not isinstance(human, dict):
        return {"text": human, "rating": 1}
    ratings = (human.get("corrected_rating"), human.get("rating"))
    return {"text": human.get("text"), "rating": next((value for value in ratings if value is not None), 1)}
