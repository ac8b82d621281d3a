"""Problem families about money, time and percent. Each takes a `Draft` and fills its problem and steps."""

from __future__ import annotations

from wording import Draft

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def change(d: Draft) -> None:
    """Buying one or two kinds of things and the change from a note, or what is left of savings."""
    w, (a, b) = d.person(), d.things()
    k, p, m, q = d.n(2, 9), d.n(2, 10), d.n(2, 6), d.n(2, 9)
    two = d.flip()
    bill = k * p + (m * q if two else 0)
    paid = next((x for x in (20, 50, 100, 150, 200) if x > bill), 200) if d.flip() else bill + d.n(2, 60)
    also = d.pick(f" and {m} {b} at ${q} each", f" and {m} {b} for ${q} each") if two else ""
    buy = d.pick("buys", "buys", "orders", "gets")
    d.problem = d.pick(
        f"{w.name} {buy} {k} {a} for ${p} each{also}. {w.they.title()} pays with ${paid}. How much change does "
        f"{w.they} get?",
        f"At the shop {w.name} {buy} {k} {a} at ${p} each{also}. How much change will {w.they} get from ${paid}?",
        f"{w.name} has ${paid}. {w.they.title()} {buy} {k} {a} for ${p} each{also}. How much money is left?",
        f"{w.name} saved ${paid} and {buy} {k} {a} that cost ${p} each{also}. How many dollars does {w.they} have left?",
    )
    total = d.do(
        k,
        "*",
        p,
        f"The {a} cost @ dollars.",
        f"{k} {a} at {p} dollars each cost @ dollars.",
        f"{w.name} pays @ dollars for the {a}.",
    )
    if two:
        more = d.do(m, "*", q, f"The {b} cost @ dollars.", f"{m} {b} at {q} dollars each cost @ dollars.")
        total = d.do(total, "+", more, "Together that is @ dollars.", f"In total {w.they} spends @ dollars.")
    d.end(
        d.do(
            paid,
            "-",
            total,
            f"{w.name} has @ dollars left.",
            f"So {w.they} has @ dollars left.",
            "The change is @ dollars.",
        )
    )


def earning(d: Draft) -> None:
    """Hourly pay over hours and days, with a bonus or an expense."""
    w = d.person()
    rate, hours, days = d.n(4, 12), d.n(2, 6), d.n(2, 5)
    extra = d.n(3, 60)
    gains = d.flip() or rate * hours * days <= extra
    work = d.pick("works at a cafe", "mows lawns", "walks dogs", "paints fences", "works in a shop", "teaches piano")
    tail = (
        d.pick(f" and then gets a bonus of ${extra}", f" and also gets ${extra} in tips")
        if gains
        else d.pick(f" and then spends ${extra} on food", f" and pays ${extra} for tools", f" and gives away ${extra}")
    )
    d.problem = d.pick(
        f"{w.name} {work} and earns ${rate} per hour. {w.they.title()} works {hours} hours a day for {days} "
        f"days{tail}. How much money does {w.they} have?",
        f"{w.name} {work} for ${rate} an hour. If {w.they} works {hours} hours each day for {days} days{tail}, "
        f"how many dollars does {w.they} end up with?",
    )
    if d.flip():
        day = d.do(rate, "*", hours, f"In one day {w.name} earns @ dollars.", f"Each day {w.they} earns @ dollars.")
        pay = d.do(day, "*", days, f"In {days} days that is @ dollars.", f"Over {days} days {w.they} earns @ dollars.")
    else:
        total = d.do(hours, "*", days, f"{w.name} works @ hours.", f"In total {w.they} works @ hours.")
        pay = d.do(total, "*", rate, f"At {rate} dollars per hour that is @ dollars.", f"So {w.they} earns @ dollars.")
    if gains:
        d.end(
            d.do(pay, "+", extra, f"With the extra {extra} dollars that is @ dollars.", "Altogether that is @ dollars.")
        )
    else:
        d.end(
            d.do(
                pay,
                "-",
                extra,
                f"After spending {extra} dollars {w.they} has @ dollars left.",
                f"Taking away {extra} dollars leaves @ dollars.",
            )
        )


def percent(d: Draft) -> None:
    """A 10, 20, 25 or 50 percent discount, or a share of a group, then the rest (times a count)."""
    w, (a, _) = d.person(), d.things()
    rate, part = d.rng.choice(((10, 10), (20, 5), (25, 4), (50, 2)))
    base = part * d.n(2, 12)
    k = d.n(2, 6)
    if d.flip():
        thing = d.pick("jacket", "lamp", "bike", "chair", "game", "phone", "bag")
        d.problem = d.pick(
            f"A {thing} costs ${base}. It is on sale for {rate}% off. How much do {k} of them cost now?",
            f"The price of a {thing} is ${base}. {w.name} gets {rate}% off and buys {k}. How much does {w.they} pay?",
        )
        off = d.do(base, "/", part, f"{rate}% of {base} is @ dollars.", f"The discount is {rate}%, which is @ dollars.")
        now = d.do(base, "-", off, f"One {thing} now costs @ dollars.", "The new price is @ dollars.")
        d.end(d.do(now, "*", k, f"So {k} of them cost @ dollars.", f"For {k} that makes @ dollars."))
        return
    added = d.n(2, 40)
    d.problem = d.pick(
        f"{w.name} has {base} {a}. {w.they.title()} gives away {rate}% of them and then finds {added} more. "
        f"How many {a} does {w.they} have now?",
        f"There are {base} {a} in a shop. {rate}% of them are sold and then {added} more arrive. How many {a} are there?",
    )
    off = d.do(base, "/", part, f"{rate}% of {base} is @ {a}.", f"{rate}% of the {a} is @.")
    left = d.do(base, "-", off, f"That leaves @ {a}.", f"Then there are @ {a} left.")
    d.end(d.do(left, "+", added, f"With {added} more there are @ {a}.", f"In the end there are @ {a}."))


def travel(d: Draft) -> None:
    """Distance, rate and time over two legs, or the time for the way back."""
    w = d.person()
    v, t, u, s = d.n(3, 24), d.n(2, 5), d.n(3, 24), d.n(2, 4)
    how = d.pick("drives", "cycles", "rides", "travels", "sails")
    if d.flip():
        d.problem = d.pick(
            f"{w.name} {how} {t} hours at {v} km per hour and then {s} hours at {u} km per hour. "
            f"How many km does {w.they} travel in total?",
            f"{w.name} {how} at {v} km per hour for {t} hours. Then {w.they} goes on at {u} km per hour for {s} hours. "
            f"How far does {w.they} go?",
        )
        first = d.do(v, "*", t, "The first part is @ km.", f"First {w.they} {how} @ km.")
        second = d.do(u, "*", s, "The second part is @ km.", f"Then {w.they} goes @ km.")
        d.end(d.do(first, "+", second, "The total distance is @ km.", f"Altogether {w.name} goes @ km."))
        return
    slow = t + s
    v = slow * d.n(2, 5)
    d.problem = d.pick(
        f"{w.name} {how} {t} hours at {v} km per hour. The way back takes {slow} hours. "
        f"How many km per hour slower is the way back?",
        f"A trip takes {w.name} {t} hours at {v} km per hour and {slow} hours back. How much slower, in km per hour, "
        f"is the way back?",
    )
    far = d.do(v, "*", t, "The trip is @ km long.", "One way is @ km.")
    back = d.do(far, "/", slow, "The speed on the way back is @ km per hour.", f"Back {w.they} goes @ km per hour.")
    d.end(d.do(v, "-", back, "The way back is @ km per hour slower.", "The difference is @ km per hour."))


def several_days(d: Draft) -> None:
    """A count that changes over three days, summed or compared with a goal."""
    w, (a, _) = d.person(), d.things()
    x, y, k = d.n(5, 40), d.n(2, 20), d.n(2, 3)
    days = DAYS[(i := d.n(0, 2)) : i + 3]
    act = d.pick("sells", "collects", "makes", "counts", "packs")
    more = d.flip() or y >= x
    word = "more" if more else "fewer"
    times = {2: "twice", 3: "three times", 4: "four times"}[k]
    d.problem = d.pick(
        f"{w.name} {act} {x} {a} on {days[0]}, {y} {word} on {days[1]} than on {days[0]}, and {times} as many on "
        f"{days[2]} as on {days[0]}. How many {a} is that in total?",
        f"On {days[0]} {w.name} {act} {x} {a}. On {days[1]} {w.they} {act} {y} {word} than on {days[0]}, and on "
        f"{days[2]} {times} as many as on {days[0]}. How many {a} in all three days?",
    )
    second = d.do(x, "+" if more else "-", y, f"On {days[1]} {w.they} {act} @ {a}.", f"{days[1]} is @ {a}.")
    third = d.do(k, "*", x, f"On {days[2]} {w.they} {act} @ {a}.", f"{days[2]} is @ {a}.")
    both = d.do(x, "+", second, "The first two days make @.", f"{days[0]} and {days[1]} together are @ {a}.")
    total = d.do(both, "+", third, f"All three days make @ {a}.", f"With {days[2]} that is @ {a}.")
    if d.flip():
        extra = d.n(5, 90)
        d.problem += d.pick(
            f" {w.they.title()} needs {total + extra} {a}. How many are still missing?",
            f" How many more are needed to reach {total + extra}?",
        )
        total = d.do(total + extra, "-", total, f"So @ {a} are missing.", f"{w.name} still needs @ {a}.")
    d.end(total)
