"""`python -m scenarios.bugs [NAME…]`: plant the defects one by one and tell who caught each, and how fast."""

import sys
import time

from scenarios.bugs.hunt import Caught, DoesNotApply, SuiteBroken, hunt, named


def _tell(caught: Caught) -> None:
    who = f"caught by {caught.suite:<12}" if caught.suite else "NOT CAUGHT            "
    print(f"{caught.bug.name:<26} {who} {caught.elapsed_s:6.1f} s  {caught.words}", flush=True)  # noqa: T201 - a command


def main(names: list[str]) -> int:
    """Hunt these, or all; 0 when every one was caught, 1 when one was not, 2 when it cannot be told."""
    started_s = time.perf_counter()
    try:
        found = hunt(named(names), told=_tell)
    except (DoesNotApply, SuiteBroken, KeyError) as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - a command
        return 2
    caught = sum(bool(one.suite) for one in found)
    print(f"{caught} of {len(found)} caught in {time.perf_counter() - started_s:.0f} s")  # noqa: T201 - a command
    return 0 if caught == len(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
