"""`GET /metrics` in Prometheus's text format: for this machine itself, or with a token."""

import hmac

from flask import Blueprint, Response, request

from dxflow.errors import Unavailable
from dxflow.services.installation import vital_signs
from dxflow.services.installation.vital_signs import VitalSigns
from dxflow.services.people.access import public
from dxflow.services.site import Site

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
#: A request that carries one of these has come through a proxy: it is not from this machine.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


def metrics_blueprint(site: Site) -> Blueprint:
    """Return the endpoint of the metrics, to be registered beside the pages."""
    metrics = Blueprint("metrics", __name__)

    @metrics.get("/metrics")
    @public
    def show() -> Response:
        if not allowed(site.settings.metrics_token):
            return Response("", 403, content_type=CONTENT_TYPE)
        try:
            signs: VitalSigns | None = vital_signs.read(site)
        except Unavailable:
            signs = None
        return Response(exposition(signs), content_type=CONTENT_TYPE)

    return metrics


def allowed(token: str) -> bool:
    """Return whether the request comes from this machine or carries the token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    through_proxy = any(name in request.headers for name in FORWARDED)
    return request.remote_addr in LOOPBACK and not through_proxy


def exposition(signs: VitalSigns | None) -> str:
    """Return the numbers as Prometheus reads them; without a database only that it is away."""
    lines = _gauge("dxflow_up", "Whether the database answers", 0 if signs is None else 1)
    if signs is not None:
        for name, text, value in (
            ("dxflow_tasks_open", "User tasks that wait", signs.tasks_open),
            ("dxflow_tasks_late", "User tasks past their due date", signs.tasks_late),
            ("dxflow_jobs_waiting", "Jobs that wait for a worker", signs.jobs_waiting),
            ("dxflow_jobs_dead", "Jobs that had their last attempt", signs.jobs_dead),
            (
                "dxflow_timer_lag_seconds",
                "By how much the oldest due timer is late",
                signs.timer_lag,
            ),
            ("dxflow_incidents_open", "Failed steps nobody has resolved", signs.incidents_open),
        ):
            lines += _gauge(name, text, value)
    return "\n".join(lines) + "\n"


def _gauge(name: str, text: str, value: float) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {value:g}"]
