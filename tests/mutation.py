"""`python -m tests.mutation`: what came of the mutants of the rules, module by module.

mutmut keeps its results in `mutants/`. Exits with 1 while fewer than nine in ten of a module are
noticed, or any is left. With `--again` what was not noticed is left to be tried again by the next
run, which asks anew what tests reach each function: for after changes to tests.
"""

import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Exit codes of mutmut's children that mean that a test failed or never ended.
KILLED, TIMED_OUT, UNTESTED = {1, 3}, {-24, 24, 36, 152, 255}, {5, 33}
WANTED = 0.90
#: What came of a mutant; one that never ended was noticed, but not by what a test says.
WORDS = ("killed", "timed out", "survived", "untested", "left")


def results(folder: Path) -> dict[str, Counter[str]]:
    """Return for each module how many mutants were killed, survived, or are not tried yet."""
    found: dict[str, Counter[str]] = {}
    for file in sorted(folder.rglob("*.py.meta")):
        codes = json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            name = str(file.relative_to(folder)).removesuffix(".py.meta")
            found[name] = Counter(_word(code) for code in codes.values())
    return found


def forget(folder: Path) -> None:
    """Leave the mutants that survived, or that no test reached, to be tried again."""
    for file in sorted(folder.rglob("*.py.meta")):
        kept = json.loads(file.read_text(encoding="utf-8"))
        codes = kept["exit_code_by_key"]
        again = [key for key, code in codes.items() if _word(code) in ("survived", "untested")]
        codes.update(dict.fromkeys(again))
        file.write_text(json.dumps(kept, indent=4), encoding="utf-8")
    (folder.parent / "mutmut-stats.json").unlink(missing_ok=True)


def _word(code: int | None) -> str:
    if code is None:
        return "left"
    if code in TIMED_OUT:
        return "timed out"
    return "killed" if code in KILLED else "untested" if code in UNTESTED else "survived"


def main() -> int:
    """Print the table."""
    folder = ROOT / "mutants" / "dxflow"
    if sys.argv[1:] == ["--again"]:
        forget(folder)
    found = results(folder)
    total: Counter[str] = Counter()
    print(f"{'module':<28}" + "".join(f"{word:>10}" for word in (*WORDS, "share")))
    for name, counts in found.items():
        total += counts
        print(_line(name, counts))
    print(_line("all", total))
    poor = [name for name, counts in found.items() if _share(counts) < WANTED]
    return 1 if poor or total["left"] else 0


def _share(counts: Counter[str]) -> float:
    noticed, tried = counts["killed"] + counts["timed out"], counts.total() - counts["left"]
    return noticed / tried if tried else 0.0


def _line(name: str, counts: Counter[str]) -> str:
    return (
        f"{name:<28}"
        + "".join(f"{counts[word]:>10}" for word in WORDS)
        + f"{_share(counts):>10.1%}"
    )


if __name__ == "__main__":
    sys.exit(main())
