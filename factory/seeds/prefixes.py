"""At which boundaries of a human solution search starts."""


def prefix_lengths(policy: str | tuple[int, ...], steps: int, first_error: int | None) -> tuple[int, ...]:
    """Ascending lengths in steps, 0 being the bare problem.

    "every": 0 .. steps - 1 (a whole solution leaves nothing to complete; ask for it by its length). "bare": 0 alone.
    "first_error": 0 .. the first wrong step, so that no prefix contains it; all of "every" where there is none.
    Explicit lengths: those the solution has, itself included; none may be left."""
    if isinstance(policy, tuple):
        return tuple(sorted({length for length in policy if 0 <= length <= steps}))
    if policy == "bare":
        return (0,)
    wrong = policy == "first_error" and first_error is not None and first_error >= 0
    return tuple(range(first_error + 1 if wrong and first_error is not None else steps))
