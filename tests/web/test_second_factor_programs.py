"""The second factor by REST and by command."""

from dataclasses import replace

import pytest

from dxflow import config
from dxflow.config import ConfigRefused
from tests.factories import PASSWORD
from tests.factors import phone_of
from tests.web.api_client import Caller, application, document
from tests.web.test_cli import ready, run  # noqa: F401 - fixtures


def test_a_program_is_told_that_a_code_is_needed_and_brings_it(sqlite_city):
    nobody = Caller(application(sqlite_city).test_client())
    phone = phone_of(sqlite_city, "head")
    asked = {"username": "head", "password": PASSWORD}
    refused = nobody.post("/token", asked)
    assert refused.status_code == 401
    assert refused.json["type"] == "urn:dxflow:problem:code_needed"
    assert refused.json["title"] == "確認コードが必要です"
    wrong = nobody.post("/token", asked | {"password": "wrong-password"})
    assert wrong.json["type"] == "urn:dxflow:problem:unauthenticated"
    code = phone.next_code()
    given = nobody.post("/token", asked | {"code": code})
    assert given.status_code == 200
    assert Caller(nobody.client, given.json["token"]).get("/me").json["username"] == "head"
    again = nobody.post("/token", asked | {"code": code})
    assert (again.status_code, again.json["title"]) == (401, "認証が必要です")
    operation = document()["paths"]["/token"]["post"]
    assert "code_needed" in operation["description"]
    assert "code" in document()["components"]["schemas"]["Credentials"]["properties"]


def test_tokens_go_on_where_one_is_asked_of_a_role_and_new_ones_wait_for_it(sqlite_city):
    before = Caller.of(application(sqlite_city), "cio")
    settings = replace(sqlite_city.site.settings, second_factor_roles=("cio",))
    city = replace(sqlite_city, site=replace(sqlite_city.site, settings=settings))
    app = application(city)
    assert Caller(app.test_client(), before.token).get("/me").status_code == 200
    refused = Caller(app.test_client()).post("/token", {"username": "cio", "password": PASSWORD})
    assert refused.status_code == 403
    assert "二段階認証" in refused.json["detail"]
    pages = Caller(app.test_client())
    login = pages.client.get("/login").text
    token = login.split('name="_csrf" value="')[1].split('"')[0]
    sent = {"_csrf": token, "username": "cio", "password": PASSWORD}
    assert pages.client.post("/login", data=sent).status_code == 303
    assert pages.get("/me").status_code == 403


def test_a_factor_is_reset_by_command_with_a_reason(ready):  # noqa: F811 - the fixture
    assert ready("user", "reset-factor", "root").status == 2
    refused = ready("user", "reset-factor", "root", "--reason", "紛失")
    assert refused.status == 1
    assert "二段階認証は使っていません" in refused.err
    assert ready("user", "reset-factor", "nobody", "--reason", "紛失").status == 1
    assert "二段階認証" not in ready("user", "list").out


def test_roles_of_the_setting_are_keys():
    read = config.load({"DXFLOW_SECOND_FACTOR_ROLES": "admin, cio auditor"})
    assert read.second_factor_roles == ("admin", "cio", "auditor")
    assert config.load({}).second_factor_roles == ()
    for wrong in ("CIO", "管理者", "role:admin"):
        with pytest.raises(ConfigRefused, match="役割の名前"):
            config.load({"DXFLOW_SECOND_FACTOR_ROLES": wrong})
