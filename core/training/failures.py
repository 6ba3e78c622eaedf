"""What stops a training from outside, memory or disk, in sentences. No Keras here."""

import errno

from core.records import RunSpec

FULL = (errno.ENOSPC, errno.EDQUOT)


def full_disk(error: Exception) -> str | None:
    """What to do about a full disk, where that is the error."""
    # HDF5 tells it by its text alone; TensorFlow has one class for it and for memory.
    if not (isinstance(error, OSError) and error.errno in FULL) and "No space left on device" not in str(error):
        return None
    return (
        "the disk is full. Free some space (on Train, “Kept outputs” deletes what can be computed again) and try "
        "again; it goes on from its last checkpoint."
    )


def reason(error: Exception, spec: RunSpec, phase: int | None) -> str | None:
    """Why a training stopped, where that is memory or disk; None for any other error.

    phase: number (from 0) of the phase that was being made ready or trained, None before the first.
    """
    if full := full_disk(error):
        return full
    memory = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
    if memory or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's; its class is not needed otherwise
        return f"this computer's memory is too small {smaller(spec, phase)}."
    return None


def smaller(spec: RunSpec, phase: int | None) -> str:
    """What was too large for the memory and what to try: "for a batch of 64; try 32"."""
    others = f"try smaller photos than {spec.input_size} px, more frozen layers or a smaller network"
    if phase is None:
        return f"for this network; {others}"
    batch, place = spec.phases[phase].batch_size, f" in phase {phase + 1}" if len(spec.phases) > 1 else ""
    if batch == 1:
        return f"even for one photo a batch{place}; {others}"
    return f"for a batch of {batch}{place}; try {batch // 2}"
