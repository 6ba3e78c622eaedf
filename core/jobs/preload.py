"""What every worker needs, imported once in the forkserver. No TensorFlow operation may run here."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import alembic.command  # noqa: F401
import keras  # noqa: F401
import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
import pyarrow.parquet  # noqa: F401
import tensorflow  # noqa: F401

import core.augment.pipeline
import core.jobs.worker
import core.models.network
import core.training.trainer  # noqa: F401
