"""The seven records: the whole vocabulary of screens, jobs, files and the command line.

All are frozen pydantic models. An identity is a hash of what matters and leaves out fields that still have their
default, so a new optional field changes no old identity; therefore no default is ever changed.
"""

from core.records.ensemble import EnsembleSpec, Member, RuleName, ViewsSpec, Weighting
from core.records.identity import ID_LENGTH, SPEC_VERSION, Record, content_hash
from core.records.network import HOME_MADE, MOST_CONVOLUTIONS, ConvBlock, Head, HomeMade
from core.records.photos import Dataset, Part, Split, dataset_id, evaluation_id, split_id
from core.records.predictions import PartPredictions, Predictions
from core.records.recipe import Recipe, Step
from core.records.run import ENDED_EARLY, NOT_A_NUMBER, NOT_A_NUMBER_RATE, RECALL, Progress, Run, RunKind, Status
from core.records.spec import EarlyStopping, Phase, RunSpec
from core.records.visitor import LOCAL, NOBODY, Visitor

__all__ = [
    "ENDED_EARLY",
    "HOME_MADE",
    "ID_LENGTH",
    "LOCAL",
    "MOST_CONVOLUTIONS",
    "NOBODY",
    "NOT_A_NUMBER",
    "NOT_A_NUMBER_RATE",
    "RECALL",
    "SPEC_VERSION",
    "ConvBlock",
    "Dataset",
    "EarlyStopping",
    "EnsembleSpec",
    "Head",
    "HomeMade",
    "Member",
    "Part",
    "PartPredictions",
    "Phase",
    "Predictions",
    "Progress",
    "Recipe",
    "Record",
    "RuleName",
    "Run",
    "RunKind",
    "RunSpec",
    "Split",
    "Status",
    "Step",
    "ViewsSpec",
    "Visitor",
    "Weighting",
    "content_hash",
    "dataset_id",
    "evaluation_id",
    "split_id",
]
