"""Processes that hold every construct on the allow-list, also within and beside one another."""

from tests.process.engine.factory import Draft, each, out


def remand() -> list[Draft]:
    """Three checks in parallel, inside a loop that sends back."""
    d = Draft("remand").start().xor("again").user("submit", outputs=out(title="values.x"))
    d.script("round", "n", "if n = null then 1 else n + 1").both("split")
    for check in ("legal", "security", "budget"):
        d.user(check, after="split", outputs=out(**{check: "values.x", "shared": "values.shared"}))
    d.both("join", after="legal").link("security", "join").link("budget", "join")
    d.user("review", outputs=out(seen="[legal, security, budget, n]")).xor("decide")
    d.link("decide", "again", 'outcome = "again"').end(after="")
    d.link("decide", "end", default=True)
    return [d]


def committee() -> list[Draft]:
    """Reviews by several members, reminders, a deadline, and another round."""
    d = Draft("committee").start().script("seats", "members", '["m1", "m2", "m3", "m4"]').xor("m")
    d.user(
        "vote",
        multi=each(
            "members",
            "member",
            output_collection="votes",
            output_element="{member: member, verdict: outcome, note: values.x}",
            completion='count(votes[item != null and item.verdict = "again"]) > 1',
        ),
        outputs=out(values="values"),
        candidate_groups='"post:" + member',
    )
    d.script("tally", "result", 'count(votes[item != null and item.verdict = "ok"])').xor("g")
    d.link("g", "m", "result < 2").user("conclude", after="")
    d.link("g", "conclude", default=True).xor("g2").end()
    d.link("g2", "m", 'outcome = "again"').change("g2", default_flow=d.flows[-2].id)
    d.timer("vote", "remind", '"R3/P2D"', interrupting=False)
    d.script("count", "reminded", "if reminded = null then 1 else reminded + 1").end("e_remind")
    d.timer("vote", "deadline", '"P7D"').script("late", "result", "9").user("chair").link(
        "chair", "g"
    )
    return [d]


def nested() -> list[Draft]:
    """Calls within calls, isolated variables, a sub-process with branches, calls for each unit."""
    top = Draft("nested").start().user("idea", outputs=out(x="values.x", units="values.units"))
    top.call(
        "sheet", "sheet", inputs=out(given="x", units="units"), outputs=out(sheet="total", y="y")
    )
    top.call(
        "opinion",
        "opinion",
        inputs=out(unit="unit", x="x"),
        outputs=out(said="said"),
        multi=each(
            "units", "unit", output_collection="opinions", output_element="said", sequential=True
        ),
    )
    top.call(
        "parallel_opinion",
        "opinion",
        inputs=out(unit="unit", x="x"),
        outputs=out(said="said"),
        multi=each("units", "unit", output_collection="more", output_element="said + unit"),
    )
    top.timer("parallel_opinion", "opinion_deadline", '"P10D"').script("missed", "more", "null")
    top.user("decide", after="parallel_opinion").link("missed", "decide").xor("g").end()
    top.link("g", "idea", 'outcome = "again"').change("g", default_flow=top.flows[-2].id)

    sheet = Draft("sheet").start().xor("m").user("fill", outputs=out(total="given + values.x"))
    body = Draft("analysis").start("a0").both("a1").user("as_is", outputs=out(y="values.x"))
    body.user("to_be", after="a1", outputs=out(z="values.x")).both("a2", after="as_is").link(
        "to_be", "a2"
    )
    body.end("a9")
    sheet.inside("analysis", body).user("check").xor("g").end()
    sheet.link("g", "m", 'outcome = "again"').change("g", default_flow=sheet.flows[-2].id)

    opinion = (
        Draft("opinion")
        .start()
        .user("say", outputs=out(said="values.x"), candidate_groups='"section:" + unit')
    )
    opinion.call("confirm", "confirm", outputs=out(said="said")).end()
    confirm = Draft("confirm").start().user("ok", outputs=out(said="said + 1")).end()
    return [top, sheet, opinion, confirm]


def tracking() -> list[Draft]:
    """A loop that waits for a moment, beside another branch with reminders, and a terminate end."""
    d = Draft("tracking").start().script("init", "period", "0").both("fork").xor("m")
    d.wait("period_end", '"P30D"').user(
        "measure", outputs=out(actual="values.x", history="append(history, values.x)")
    )
    d.script("next", "period", "period + 1").xor("g")
    d.link("g", "m", 'outcome != "stop" and period < 6').both("join", after="")
    d.link("g", "join", default=True)
    d.user("duty", after="fork", outputs=out(duty="values.x")).link("duty", "join")
    d.user("close", after="join").end()
    d.timer("duty", "nag", '"R/P10D"', interrupting=False).script(
        "nagged", "nags", "if nags = null then 1 else nags + 1"
    )
    d.xor("enough").end("e_nag").terminate("halt", after="")
    d.change("enough", default_flow=d.flows[-1].id).link("enough", "halt", "period > 4")
    d.timer("measure", "escalate", '"P20D"').user("chase").link("chase", "next")
    return [d]


def surplus() -> list[Draft]:
    """Tokens that overtake one another at a join: two rounds before the other side is done."""
    d = Draft("surplus").start().script("h", "history", "[]").both("fork")
    d.user("slow", after="fork", outputs=out(a="values.x"))
    d.xor("m", after="fork").user("fast", outputs=out(b="values.x")).both("copy")
    d.xor("g", after="copy").end("e_g")
    d.link("g", "m", 'outcome = "again"').change("g", default_flow=d.flows[-2].id)
    d.both("join", after="copy").link("slow", "join")
    d.user("after").end()
    return [d]


ALL = (remand, committee, nested, tracking, surplus)
