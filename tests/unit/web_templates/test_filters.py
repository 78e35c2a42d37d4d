"""Filters and tests that templates name are there: a wrong name would only fail when it is met."""

from flask import Flask
from jinja2 import nodes

from dxflow.web import filters

from .conftest import WEB

#: Given by the program when it is put together, not by `filters`.
ELSEWHERE = {"retold", "t"}


def test_every_filter_of_every_template_is_known() -> None:
    app = Flask(__name__)
    filters.install(app)
    known = {**app.jinja_env.filters, **app.jinja_env.tests}
    for path in sorted((WEB / "templates").rglob("*.html")):
        tree = app.jinja_env.parse(path.read_text(encoding="utf-8"))
        named = {one.name for one in tree.find_all((nodes.Filter, nodes.Test))}
        assert named <= known.keys() | ELSEWHERE, path.relative_to(WEB)
