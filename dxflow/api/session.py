"""Tokens, and who calls."""

from dataclasses import asdict

from marshmallow import fields, validate

from dxflow.api import answers, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.errors import NotAllowed, NotLoggedIn
from dxflow.services.operations import permissions
from dxflow.services.people import accounts
from dxflow.texts import gettext as _


class Credentials(requests.Request):
    """Who asks for a token."""

    username = fields.String(required=True, validate=validate.Length(min=1, max=100))
    password = fields.String(required=True, validate=validate.Length(min=1, max=1000))
    code = fields.String(
        validate=validate.Length(max=100),
        metadata={
            "description": "of the person's authenticator app, or one in reserve; asked of whoever "
            "has a second factor"
        },
    )


def create_token(call: Call) -> Answer:
    """Give a token for a user name and a password, with a code where the person has to bring one."""
    login = accounts.issue_token(
        call.site, call.body["username"], call.body["password"], call.origin, call.request_id,
        call.body.get("code", ""),
    )  # fmt: skip
    actor = accounts.actor_of_token(call.site, login.reference, call.request_id)
    if actor.must_change_password or actor.lacks_second_factor:
        accounts.revoke_token(call.site, login.reference)
        raise NotAllowed(
            password_is_old() if actor.must_change_password else second_factor_is_missing()
        )
    return Answer({"token": login.reference, "expires_at": login.expires_at})


def revoke_token(call: Call) -> Answer:
    """End the token the call is made with."""
    if not call.token:
        raise NotLoggedIn(_("失効させるトークンを付けて呼び出してください。"))
    accounts.revoke_token(call.site, call.token)
    return Answer()


def me(call: Call) -> Answer:
    """Say who calls."""
    actor = call.actor
    return Answer(
        {
            "id": actor.person_id,
            "username": actor.username,
            "name": actor.name,
            "posts": [asdict(post) for post in actor.posts],
            "acting_post": actor.acting_post,
            "unit": actor.unit,
            "department": actor.department,
            "groups": sorted(actor.groups),
            "roles": sorted(actor.roles),
            "permissions": permissions.of_person(call.site, actor),
        }
    )


def password_is_old() -> str:
    """Return the sentence for a password that the administrator has set."""
    return _("先に画面でログインし、パスワードを変更してください。")


def second_factor_is_missing() -> str:
    """Return the sentence for somebody whose role asks for a second factor they have not set up."""
    return _("先に画面でログインし、二段階認証を設定してください。")


OPERATIONS = (
    Operation(
        "POST", "/token", "createToken", "Get a bearer token", create_token,
        answer=answers.Token, body=Credentials, public=True, refusals=(401, 403, 429),
        description="Whoever has a second factor sends its `code` too. Without one the answer to a "
        "right password is 401 of the type `urn:dxflow:problem:code_needed`; a code works once. "
        "Tokens that were issued before go on.",
    ),
    Operation(
        "DELETE", "/token", "revokeToken", "Revoke the bearer token of this call", revoke_token,
        status=204,
    ),
    Operation("GET", "/me", "me", "The caller: posts, groups, permissions", me, answer=answers.Me),
)  # fmt: skip
