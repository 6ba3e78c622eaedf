"""Augmentation: the registry of operations, recipes by name, and (in submodules, with Keras) their drawing.

Importing this room loads no Keras; `core.augment.pipeline` and `core.augment.preview` do.
"""

from core.augment.library import (
    BUILT_IN,
    delete_recipe,
    duplicate,
    find_recipe,
    list_recipes,
    read_recipe,
    recipe_json,
    save_recipe,
)
from core.augment.operation import Operation, Parameter
from core.augment.registry import OPERATIONS, check_batch, find_operation, parameters, validate

__all__ = [
    "BUILT_IN",
    "OPERATIONS",
    "Operation",
    "Parameter",
    "check_batch",
    "delete_recipe",
    "duplicate",
    "find_operation",
    "find_recipe",
    "list_recipes",
    "parameters",
    "read_recipe",
    "recipe_json",
    "save_recipe",
    "validate",
]
