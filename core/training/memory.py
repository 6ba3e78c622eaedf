"""Memory of this process."""

import resource
import sys

import psutil


def memory_mb() -> float:
    """What it holds now (resident), mapped files of kept outputs counted as far as they were read."""
    return psutil.Process().memory_info().rss / 2**20


def peak_memory_mb() -> float:
    """The most it held so far; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
