"""Files of what a run trained: named arrays in HDF5, read without Keras's loader and never any code."""

import os
import tempfile
from pathlib import Path

import h5py

from core.errors import WeightsMismatch
from core.models.weights_file import ForeignFileError, plain_dataset, refuse_links

FORMAT = 1


def write(path: Path, groups: dict[str, list], label: str) -> Path:
    """Write Keras variables as `group/number` beside `path`, sync, then put them in its place.

    label: names the network the file belongs to; `read` wants the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    os.close(handle)
    try:
        with h5py.File(beside, "w") as file:
            file.attrs["thaw_format"] = FORMAT
            file.attrs["network"] = label
            for group, variables in groups.items():
                for index, variable in enumerate(variables):
                    file.create_dataset(f"{group}/{index:04}", data=variable.numpy())
        with Path(beside).open("rb") as file:
            os.fsync(file.fileno())
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)
    return path


def read(path: Path, groups: dict[str, list], label: str, title: str) -> None:
    """Assign what `write` wrote to the variables of the same places.

    Everything is compared before anything is assigned. Raises WeightsMismatch.
    """
    try:
        with h5py.File(path, "r") as file:
            refuse_links(file)
            if file.attrs.get("thaw_format") != FORMAT or file.attrs.get("network") != label:
                raise ForeignFileError("it was not trained from this plan")
            values = []
            for group, variables in groups.items():
                if len(file.get(group, ())) != len(variables):
                    raise ForeignFileError(f"{group} has not the {len(variables)} arrays it should have")
                for index, variable in enumerate(variables):
                    data = plain_dataset(file, f"{group}/{index:04}")
                    if tuple(data.shape) != tuple(variable.shape):
                        raise ForeignFileError(f"{group} has the shape {data.shape} instead of {tuple(variable.shape)}")
                    values.append((variable, data[()]))
    except ForeignFileError as error:
        raise WeightsMismatch(name=path.name, backbone=title, reason=str(error)) from None
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError):
        raise WeightsMismatch(name=path.name, backbone=title, reason="it can't be read as a weights file") from None
    for variable, value in values:
        variable.assign(value)
