"""Backbones, heads, freezing, weights: what a network is made of.

Importing this package never imports Keras; `network`, `predict`, `applications`, `head` and `freezing` do.
"""

from core.models.backbones import BACKBONES, Backbone, backbone_of, find_backbone
from core.models.checking import check
from core.models.designs import DESIGNS
from core.models.earlier import is_run_id, keep_run
from core.models.thaw import Block, blocks, frozen_blocks, prefix_cut, trainable_share, twins
from core.models.weights import list_files, resolve

__all__ = [
    "BACKBONES",
    "DESIGNS",
    "Backbone",
    "Block",
    "backbone_of",
    "blocks",
    "check",
    "find_backbone",
    "frozen_blocks",
    "is_run_id",
    "keep_run",
    "list_files",
    "prefix_cut",
    "resolve",
    "trainable_share",
    "twins",
]
