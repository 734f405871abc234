"""The machine that a load test ran on, in a few words: only runs of like machines can be compared."""

import platform
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # psutil ships no types

_CPU_INFO = Path("/proc/cpuinfo")


def machine() -> str:
    """Such as `Linux x86_64, 2 cores (AMD EPYC 7763), 8 GiB`."""
    cores = psutil.cpu_count() or 1
    memory = round(psutil.virtual_memory().total / 2**30)
    model = _model()
    words = f"{cores} core{'' if cores == 1 else 's'}{f' ({model})' if model else ''}"
    return f"{platform.system()} {platform.machine()}, {words}, {memory} GiB"


def _model() -> str:
    with suppress(OSError):
        for line in _CPU_INFO.read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return ""
