"""The component templates outside the application: plain Jinja with the globals they expect."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dxflow.texts import gettext

WEB = Path(__file__).parents[3] / "dxflow" / "web"


def _url_for(endpoint: str, **values: Any) -> str:
    return f"/{endpoint}/{values['filename']}"


@pytest.fixture(scope="session")
def pages() -> Environment:
    env = Environment(
        loader=FileSystemLoader(WEB / "templates"), autoescape=True, undefined=StrictUndefined
    )
    env.globals.update(
        _=gettext,
        url_for=_url_for,
        nav_url=lambda key: f"/{key}",
        csrf_token=lambda: "token",
    )
    return env
