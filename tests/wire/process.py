"""How large this process is: resident memory, open descriptors."""

import gc
import os
import resource
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident_bytes() -> int:
    """Memory that is really there, after a collection."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def descriptors() -> int:
    """Open files and sockets."""
    return len(list(Path("/proc/self/fd").iterdir()))


def allow_descriptors(wanted: int) -> int:
    """Raise the limit as far as it goes, at most to this; returns what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        for limits in ((wanted, max(hard, wanted)), (min(hard, wanted), hard)):
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            except (ValueError, OSError):
                continue
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
