"""Torture dxflow: `python -m torture round|planted|powercut|faults|doubles|all`."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torture import doubles, faults, planted, powercut, report, rounds
from torture.installation import KINDS, installed
from torture.plants import PLANTS

#: Database server processes need a while to recover; killing faster only means waiting.
PAUSES = {"sqlite": 1.0, "postgresql": 2.0}


def main(arguments: list[str] | None = None) -> int:
    """Torture, print a table, write JSON; 0 when every promise was kept."""
    chosen = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers and files are cleared away
    kinds = [chosen.database] if chosen.database else list(KINDS)
    document: dict[str, Any] = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
    parts = ["round", "powercut", "faults"] if chosen.what == "all" else [chosen.what]
    right = True
    for part in parts:
        for kind in kinds:
            if part == "powercut" and kind != "sqlite":
                continue
            print(f"\n== {part}, {kind}", flush=True)
            fine, found = _PARTS[part](kind, chosen)
            document[f"{part}, {kind}"] = found
            right = right and fine
    report.write(chosen.out, document)
    print(f"\n{'every promise was kept' if right else 'PROMISES WERE BROKEN'}; {chosen.out}")
    return 0 if right else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("what", choices=("all", *_PARTS), nargs="?", default="all")
    parser.add_argument("--minutes", type=float, default=2.0, help="of killing, per database")
    parser.add_argument("--database", choices=KINDS, default=None, help="only this one")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--cuts", type=int, default=300, help="moments at which the power is cut")
    parser.add_argument("--count", type=int, default=10_000, help="pairs of double submissions")
    parser.add_argument(
        "--plant", choices=PLANTS, action="append", default=[], help="only this bug (repeatable)"
    )
    parser.add_argument("--out", type=Path, default=Path("torture.json"))
    return parser


def _round(kind: str, chosen: argparse.Namespace) -> tuple[bool, Any]:
    plan = rounds.Plan(
        seconds=chosen.minutes * 60, clients=chosen.clients, pause=PAUSES[kind], seed=chosen.seed
    )
    print(f"seed {plan.seed}, {plan.seconds:.0f} s, {plan.clients} clients", flush=True)
    with installed(kind) as installation:
        result = rounds.play(installation, plan, Path(f"torture-{kind}.jsonl"))
    rows: list[tuple[object, object]] = [(f"killed: {k}", n) for k, n in result.kills.items()]
    rows.append(("killed in all", sum(result.kills.values())))
    rows.append(("processes started again", result.restarts))
    rows += [(name, value) for name, value in result.figures.items() if name != "by kind"]
    rows += [(f"acknowledged: {k}", n) for k, n in result.figures["by kind"].items()]
    rows += [("cases", result.cases), ("events of cases", result.events)]
    rows += [("timers fired", result.timers), ("kinds of promises checked", result.checked)]
    rows.append(("violations", sum(map(len, result.violations.values()))))
    print(report.table(rows))
    print(report.violations(result.violations), flush=True)
    return not result.noticed_by(), result


def _planted(kind: str, chosen: argparse.Namespace) -> tuple[bool, Any]:
    found = []
    for one in planted.run(kind, chosen.plant):
        found.append(one)
        how = "noticed by " + ", ".join(one.by) if one.by else "nothing noticed"
        print(f"{'right' if one.right else 'WRONG'}  {one.name}: {how}", flush=True)
    rows = [("planted", "rounds", "seconds", "noticed by")]
    rows += [
        (one.name, str(one.rounds), f"{one.seconds:.0f}", ", ".join(one.by) or "–") for one in found
    ]
    print("\n" + report.table(rows), flush=True)
    return all(one.right for one in found), found


def _powercut(_kind: str, chosen: argparse.Namespace) -> tuple[bool, Any]:
    try:
        with installed("sqlite") as installation:
            seconds = max(5.0, min(60.0, chosen.minutes * 10))
            result = powercut.run(installation, seconds=seconds, cuts=chosen.cuts)
    except powercut.NoCompiler as exc:
        print(f"!!! LEFT OUT: {exc}", flush=True)
        return True, {"left out": str(exc)}
    print(
        report.table(
            [
                ("writes recorded", result.writes), ("fsyncs", result.fsyncs),
                ("acts acknowledged", result.acknowledged), ("power cuts", result.cuts),
                ("recovered with every acknowledged act", result.recovered),
                ("violations", len(result.violations)),
            ]
        )
    )  # fmt: skip
    print("\n".join(result.violations[:20]), flush=True)
    return not result.violations, result


def _faults(kind: str, _chosen: argparse.Namespace) -> tuple[bool, Any]:
    found = list(faults.run(kind))
    rows: list[tuple[object, ...]] = [
        ("fault", "answers 503", "slowest", "allowed", "said why", "went on", "violations")
    ]
    rows += [
        (one.fault, one.refused, f"{one.slowest:.1f} s",
         f"{faults.PROMISE_SECONDS + one.slack:.1f} s", one.said, one.recovered,
         one.left_out or len(one.violations))
        for one in found
    ]  # fmt: skip
    print(report.table(rows))
    print("\n".join(text for one in found for text in one.violations), flush=True)
    return all(one.right for one in found), found


def _doubles(kind: str, chosen: argparse.Namespace) -> tuple[bool, Any]:
    with installed(kind) as installation:
        result = doubles.run(installation, chosen.count)
    print(
        report.table(
            [
                ("pairs sent at once", result.pairs), ("answers that said yes", result.acknowledged),
                ("acts done", result.acts), ("cases", result.cases),
                ("seconds", round(result.seconds)),
                ("violations", sum(map(len, result.violations.values()))),
            ]
        )
    )  # fmt: skip
    print(report.violations(result.violations), flush=True)
    return not any(result.violations.values()), result


_PARTS: dict[str, Callable[[str, argparse.Namespace], tuple[bool, Any]]] = {
    "round": _round,
    "planted": _planted,
    "powercut": _powercut,
    "faults": _faults,
    "doubles": _doubles,
}


if __name__ == "__main__":
    sys.exit(main())
