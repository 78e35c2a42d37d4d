"""The REST API under `/api/v1`, and the metrics beside it."""

from dxflow.api.entrance import blueprint
from dxflow.api.metrics import metrics_blueprint

__all__ = ["blueprint", "metrics_blueprint"]
