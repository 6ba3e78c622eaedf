"""What every worker needs whatever it trains with, imported once in the forkserver; the trainer brings Keras."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import alembic.command  # noqa: F401
import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
import pyarrow.parquet  # noqa: F401

import core.jobs.worker  # noqa: F401
