"""What somebody had typed when their login ran out, put back into its form after they log in again.

A form bears a signed mark of who it was drawn for and of its version. Without a login the page keeps
what came, with the mark, in the login form itself: nothing is stored for nobody. After the login it
becomes the draft of that person, of that form, unless they have saved a later one meanwhile.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from dxflow import forms
from dxflow.errors import DxflowError
from dxflow.services.acts import drafts, task_forms
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.people.actor import Actor
from dxflow.texts import gettext as _
from dxflow.web import current

MARK, KEPT, PLACE = "_mark", "_kept", "_kept_at"
#: For how long after a form was drawn what was typed in it is put back.
LONGEST = timedelta(days=2)
_FORMS = ("task.act", "proposal.act")


@dataclass(frozen=True)
class Kept:
    """What was sent without a login: `text` are its fields as JSON, `place` is signed.

    `place` says whose it is, of which form, and when it came.
    """

    text: str
    place: str


def mark(digest: str) -> str:
    """Return the mark of a form of a version for whoever is logged in; "" for nobody."""
    visitor = current.visitor()
    if visitor is None:
        return ""
    now = current.site().now().isoformat()
    return str(_signer("form").dumps([visitor.actor.person_id, digest, now]))


def kept() -> Kept | None:
    """Return what this request brought, None when it is no form of ours with a mark that holds."""
    if request.method != "POST" or request.endpoint not in _FORMS:
        return None
    try:
        form = request.form
        person, digest, drawn = _signer("form").loads(form.get(MARK, ""))
    except (HTTPException, BadData):
        return None
    now = current.site().now()
    if now - datetime.fromisoformat(drawn) > LONGEST:
        return None
    fields = {name: texts for name, texts in form.lists() if not name.startswith("_")}
    place = _signer("place").dumps([person, digest, request.path, now.isoformat()])
    return Kept(json.dumps(fields, ensure_ascii=False), str(place))


def carried() -> Kept | None:
    """Return what the login form carries along, None when it carries nothing."""
    text, place = request.form.get(KEPT, ""), request.form.get(PLACE, "")
    return Kept(text, place) if text and place else None


def put_back(by: Actor, found: Kept) -> None:
    """Make what is carried along the draft of its form. Raises NotPutBack with the reason."""
    try:
        person, digest, path, came = _signer("place").loads(found.place)
        fields = _fields(found)
    except (BadData, ValueError):
        raise NotPutBack(_("送られた内容を確かめられませんでした。"), own=False) from None
    if person != by.person_id:
        raise NotPutBack(_("書いた人と違う人がログインしました。"), own=False)
    if current.site().now() - datetime.fromisoformat(came) > LONGEST:
        raise NotPutBack(_("書いてから時間がたちすぎています。"), own=True)
    try:
        _save(by, path, digest, fields, datetime.fromisoformat(came))
    except NotPutBack:
        raise
    except DxflowError as refused:
        raise NotPutBack(refused.message, own=True) from refused


class NotPutBack(Exception):
    """What was typed is not put back; `own`: it belongs to whoever has logged in."""

    def __init__(self, why: str, *, own: bool) -> None:
        self.why = why
        self.own = own
        super().__init__(why)


def texts_of(found: Kept) -> list[str]:
    """Return the texts that are carried along, to be shown."""
    return [text for texts in _fields(found).values() for text in texts if len(text.strip()) > 1]


def _fields(found: Kept) -> dict[str, list[str]]:
    """Return the fields that are carried along. Raises ValueError for what is no such thing."""
    fields = json.loads(found.text)
    if not isinstance(fields, dict) or not all(isinstance(one, list) for one in fields.values()):
        raise ValueError(found.text[:80])
    return {name: [str(text) for text in texts] for name, texts in fields.items()}


def _save(by: Actor, path: str, digest: str, fields: dict[str, list[str]], came: datetime) -> None:
    site = current.site()
    adapter: MapAdapter = current_app.url_map.bind_to_environ(request.environ)
    endpoint, values = adapter.match(path, method="POST")
    if endpoint == "task.act":
        form = task_forms.task_form(site, by, values["task_id"])
    else:
        form = task_forms.start_form(site, by, values["process"], draft=values["draft_id"])
    _require_same(form, digest, came)
    raw = forms.read_posted(form.definition, fields)
    if endpoint == "task.act":
        drafts.save_task(site, by, values["task_id"], raw)
    else:
        drafts.save_start(site, by, values["process"], values["draft_id"], raw)


def _require_same(form: TaskForm, digest: str, came: datetime) -> None:
    if form.definition.digest != digest:
        raise NotPutBack(_("そのあいだに、様式が新しい版になりました。"), own=True)
    if form.drafted_at is not None and form.drafted_at > came:
        raise NotPutBack(_("そのあとに、別の画面で新しい下書きが保存されています。"), own=True)


def _signer(of: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt=f"dxflow.typed.{of}")
