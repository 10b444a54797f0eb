"""How much memory a process had at most."""

import re
from pathlib import Path


def peak_megabytes() -> float:
    """Megabytes that this process held at most since it began (VmHWM of proc_pid_status(5)).

    Not `ru_maxrss`: a spawned process inherits that from the one that spawned it.
    """
    (kilobytes,) = re.findall(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(kilobytes) / 1024
