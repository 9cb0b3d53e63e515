"""`python -m scenarios.bugs [NAME…]`: plant the defects one by one and tell who caught each, and how fast."""

import argparse
import sys
import time
from collections.abc import Sequence
from difflib import get_close_matches

from scenarios.bugs.catalogue import BUGS
from scenarios.bugs.hunt import Caught, DoesNotApply, SuiteBroken, hunt, named

_EPILOG = """examples:
  python -m scenarios.bugs                        all of them; on two cores half an hour
  python -m scenarios.bugs no-unique-id           one
  python -m scenarios.bugs --list                 their names, and what each breaks

exit codes: 0 every one was caught, 1 one was not, 2 it cannot be told
"""


def _tell(caught: Caught) -> None:
    who = f"caught by {caught.suite:<12}" if caught.suite else "NOT CAUGHT            "
    print(f"{caught.bug.name:<26} {who} {caught.elapsed_s:6.1f} s  {caught.words}", flush=True)  # noqa: T201 - a command


def main(arguments: Sequence[str]) -> int:
    """Hunt these, or all; 0 when every one was caught, 1 when one was not, 2 when it cannot be told."""
    asked = _parser().parse_args(arguments)
    if asked.list:
        for bug in BUGS:
            print(f"{bug.name:<26} {bug.says}")  # noqa: T201 - a command
        return 0
    started_s = time.perf_counter()
    try:
        found = hunt(named(asked.names), told=_tell)
    except (DoesNotApply, SuiteBroken) as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - a command
        return 2
    caught = sum(bool(one.suite) for one in found)
    print(f"{caught} of {len(found)} caught in {time.perf_counter() - started_s:.0f} s")  # noqa: T201 - a command
    return 0 if caught == len(found) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scenarios.bugs",
        description="Plant known defects in copies of the product, one by one; the suites must catch each.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", type=_known, help="which; none is all")
    parser.add_argument("--list", action="store_true", help="name them and end")
    return parser


def _known(name: str) -> str:
    names = [bug.name for bug in BUGS]
    if name not in names:
        near = get_close_matches(name, names, 1)
        raise argparse.ArgumentTypeError(
            f"there is no defect {name}" + (f"; did you mean {near[0]}?" if near else "; --list names them")
        )
    return name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
