"""What a run was made with: versions and machine, kept beside its result."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scikit-learn")


def environment() -> dict[str, str]:
    """Versions and machine by name: python, the packages that decide a training's numbers, system, processor, cores."""
    found = {"python": sys.version.split()[0]}
    found |= {package: metadata.version(package) for package in PACKAGES}
    return found | {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count() or 1),
    }


def _processor() -> str:
    """The processor's name; Linux tells it in a file, other systems through Python."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
