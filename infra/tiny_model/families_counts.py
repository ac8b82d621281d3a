"""Problem families about counts, shares, ages and comparisons. Each takes a `Draft` and fills it."""

from __future__ import annotations

from wording import Draft

FRACTIONS = {
    2: ("half", "half"),
    3: ("a third", "one third"),
    4: ("a quarter", "one fourth"),
    5: ("a fifth", "one fifth"),
}
TIMES = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}


def sharing(d: Draft) -> None:
    """Shared equally between friends (with or without a remainder), or packed into boxes with some left over."""
    w, (a, _) = d.person(), d.things()
    k, per, rest = d.n(2, 9), d.n(2, 12), d.n(0, 1) * d.n(1, 8)
    _, boxes = d.box()
    total = k * per + rest % k
    x = d.n(2, total - 1) if total > 3 else 2
    d.problem = d.pick(
        f"{w.name} has {x} {a} and gets {total - x} more. {w.they.title()} shares them equally among {k} friends and "
        f"keeps what is left over. How many {a} does each friend get?",
        f"{w.name} has {x} {a} and buys {total - x} more. {w.they.title()} puts them in {boxes} of {k}. "
        f"How many full {boxes} are there?",
        f"{x} {a} and {total - x} {a} are put together and shared by {k} children. How many {a} does each child get "
        f"if the rest stays on the table?",
    )
    have = d.do(x, "+", total - x, f"There are @ {a} in all.", f"Together that is @ {a}.", f"{w.name} has @ {a}.")
    if rest % k:
        have = d.do(
            have,
            "-",
            rest % k,
            f"{rest % k} {a} are left over, so @ are shared.",
            f"Leaving out {rest % k} gives @ {a}.",
        )
    d.end(d.do(have, "/", k, f"Dividing by {k} gives @.", f"Splitting by {k} makes @."))


def ages(d: Draft) -> None:
    """Two or three people whose ages are linked by times, older and younger; now or in some years."""
    w, v = d.pair()
    x, k, gap, later = d.n(4, 15), d.n(2, 5), d.n(2, 12), d.n(2, 12)
    third = d.pick("brother", "sister", "cousin", "aunt")
    older = d.flip() or k * x <= gap
    word, op = ("older", "+") if older else ("younger", "-")
    three = d.n(1, 4) > 1
    age = d.do(k, "*", x, f"{v.name} is @ years old.", f"{v.name} is {TIMES[k]} as old, so @.")
    if not three:
        d.problem = d.pick(
            f"{w.name} is {x} years old and {v.name} is {TIMES[k]} as old. How old will {v.name} be in {later} years?",
            f"{v.name} is {TIMES[k]} as old as {w.name}. {w.name} is {x}. What will be {v.name}'s age in {later} years?",
        )
        d.end(d.do(age, "+", later, f"In {later} years {v.name} will be @ years old."))
        return
    d.problem = d.pick(
        f"{w.name} is {x} years old. {v.name} is {TIMES[k]} as old as {w.name}. {v.name}'s {third} is {gap} years "
        f"{word} than {v.name}. How old will the {third} be in {later} years?",
        f"{v.name} is {TIMES[k]} as old as {w.name}, who is {x}. The {third} of {v.name} is {gap} years "
        f"{word} than {v.name}. In {later} years, how old will the {third} be?",
    )
    age = d.do(age, op, gap, f"The {third} is @ years old.", f"So the {third} is @.")
    d.end(d.do(age, "+", later, f"In {later} years the {third} will be @ years old.", f"After {later} years it is @."))


def fraction_of(d: Draft) -> None:
    """A half, third, quarter or fifth goes away, then more goes or comes, then perhaps a doubling."""
    w, (a, _) = d.person(), d.things()
    part = d.n(2, 5)
    base, y = part * d.n(3, 16), d.n(2, 20)
    lose = d.pick("gives", "sells", "loses", "uses")
    to = " to a friend" if lose == "gives" else ""
    left = base - base // part
    comes = d.flip() or y >= left
    then = (
        d.pick(f"buys {y} more", f"gets {y} more", f"finds {y} more")
        if comes
        else d.pick(
            f"gives away {y} more",
            f"loses {y} more",
            f"eats {y}" if a in ("apples", "pears", "cookies") else f"breaks {y}",
        )
    )
    d.problem = d.pick(
        f"{w.name} has {base} {a}. {w.they.title()} {lose} {d.rng.choice(FRACTIONS[part])} of them{to} and then {then}. "
        f"How many {a} does {w.they} have now?",
        f"{w.name} starts with {base} {a} and {lose} {d.rng.choice(FRACTIONS[part])} of them{to}. "
        f"Then {w.they} {then}. How many {a} are left?",
    )
    gone = d.do(base, "/", part, f"{w.name} {lose} @ {a}.", f"{FRACTIONS[part][0].capitalize()} of {base} is @.")
    left = d.do(base, "-", gone, f"Then {w.they} has @ {a} left.", f"That leaves @ {a}.")
    now = d.do(left, "+" if comes else "-", y, f"Now {w.they} has @ {a}.", f"After that there are @ {a}.")
    if d.n(1, 3) == 1:
        d.problem += d.pick(
            " The next day the number doubles. How many are there then?",
            f" How many would {w.they} have with twice as many?",
        )
        now = d.do(now, "*", 2, f"Twice as many is @ {a}.", f"Doubling gives @ {a}.")
    d.end(now)


def containers(d: Draft) -> None:
    """Boxes of things in two sizes, or full boxes and loose ones, minus broken or sold ones."""
    w, (a, _), (one, many) = d.person(), d.things(), d.box()
    k, p, m, q = d.n(2, 8), d.n(3, 18), d.n(2, 8), d.n(2, 10)
    gone = d.n(2, 30)
    if d.flip():
        d.problem = d.pick(
            f"{w.name} has {k} {many} with {p} {a} each and {m} {many} with {q} {a} each. How many {a} does {w.they} have?",
            f"There are {k} big {many} of {p} {a} and {m} small {many} of {q} {a}. How many {a} are there?",
        )
        first = d.do(k, "*", p, f"The first {many} hold @ {a}.", f"{k} {many} of {p} make @ {a}.")
        second = d.do(m, "*", q, f"The other {many} hold @ {a}.", f"{m} {many} of {q} make @ {a}.")
        total = d.do(first, "+", second, f"In all there are @ {a}.", f"Together that is @ {a}.")
    else:
        d.problem = d.pick(
            f"{w.name} buys {k} {many} of {p} {a} and finds {q} more {a}. How many {a} does {w.they} have?",
            f"Each {one} holds {p} {a}. {w.name} fills {k} {many} and has {q} {a} left over. How many {a} are there?",
        )
        total = d.do(k, "*", p, f"{w.name} has {k} {many} of {p}, so @ {a}.", f"The {many} hold @ {a}.")
        total = d.do(total, "+", q, f"With {q} more that is @ {a}.", f"Adding {q} gives @ {a}.")
    if gone < total and d.flip():
        d.problem = d.problem.rsplit(". ", 1)[0] + d.pick(
            f". Then {gone} {a} are sold. How many {a} are left?",
            f". {gone} of them are broken. How many good {a} are there?",
        )
        total = d.do(total, "-", gone, f"After that @ {a} are left.", f"Taking away {gone} leaves @ {a}.")
    d.end(total)


def rows(d: Draft) -> None:
    """Rows and columns of seats, trees or tiles, with some added or empty, split into groups now and then."""
    thing = d.pick("chairs", "trees", "seats", "desks", "tiles", "plants")
    place = d.pick("A hall", "A garden", "A room", "A school", "A park")
    k, p, x, m = d.n(3, 9), d.n(4, 18), d.n(2, 40), d.n(2, 3)
    more = d.flip() or x >= k * p
    tail = (
        d.pick(f"{x} more {thing} are added", f"{x} new {thing} come")
        if more
        else d.pick(f"{x} of the {thing} are taken away", f"{x} {thing} are removed")
    )
    many = d.n(1, 3) == 1
    ask = f"How many {thing} are there in {m} such places?" if many else f"How many {thing} are there now?"
    d.problem = d.pick(
        f"{place} has {k} rows of {p} {thing}. Then {tail}. {ask}",
        f"{place} has {p} {thing} in each of {k} rows. Later {tail}. {ask}",
    )
    total = d.do(k, "*", p, f"The rows have @ {thing}.", f"{k} rows of {p} make @ {thing}.")
    total = d.do(total, "+" if more else "-", x, f"After that there are @ {thing}.", f"Then there are @ {thing}.")
    if many:
        total = d.do(m, "*", total, f"In {m} places there are @ {thing}.", f"{m} times that is @ {thing}.")
    d.end(total)


def compare(d: Draft) -> None:
    """Two or three people, one with more, fewer or times as many as another; the total or the difference."""
    (w, v), (a, _) = d.pair(), d.things()
    x, y, k = d.n(6, 40), d.n(2, 20), d.n(2, 3)
    more = d.flip() or y >= x
    word = "more" if more else "fewer"
    third = d.person().name
    while third in (w.name, v.name):
        third = d.person().name
    start = f"{w.name} has {x} {a}. {v.name} has {y} {word} {a} than {w.name}."
    second = d.do(x, "+" if more else "-", y, f"{v.name} has @ {a}.", f"{y} {word} than {x} is @.")
    if d.flip():
        start += d.pick(
            f" {third} has {TIMES[k]} as many as {v.name}.", f" {third} has {TIMES[k]} as many {a} as {v.name}."
        )
        last = d.do(k, "*", second, f"{third} has @ {a}.", f"{TIMES[k].capitalize()} as many is @.")
        both = d.do(x, "+", second, f"{w.name} and {v.name} have @ {a}.", f"The first two have @ {a}.")
        d.end(d.do(both, "+", last, f"All three have @ {a}.", f"With {third} that is @ {a}."))
        d.problem = start + d.pick(f" How many {a} do they have together?", f" How many {a} do the three have?")
        return
    both = d.do(x, "+", second, f"Together they have @ {a}.", f"Both have @ {a}.")
    gone = d.n(2, both - 1)
    d.problem = start + d.pick(
        f" They use {gone} of them together. How many {a} are left?",
        f" Together they give away {gone}. How many {a} do they still have?",
    )
    d.end(d.do(both, "-", gone, f"Then @ {a} are left.", f"After that they have @ {a}."))
