"""How the processes of the bench talk: JSON lines on standard output. And what each measures of itself."""

import json
import resource
import sys
from pathlib import Path


def say(**facts: object) -> None:
    """One line for the parent."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def peak_mb() -> float:
    """The most memory this process ever had, in MB of a million bytes."""
    told = _status("VmHWM")
    if told is None:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return told


def now_mb() -> float:
    """The memory it has now; where that cannot be told, the most it ever had."""
    return _status("VmRSS") or peak_mb()


def cpu_s() -> float:
    """Seconds of processor time it has used, its own and the system's for it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _status(name: str) -> float | None:
    # Linux's own account of the process: there `ru_maxrss` begins with the memory of the parent.
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{name}:")), None)
