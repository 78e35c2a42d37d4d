"""`dxflow audit verify|export|proof|checkpoint|key`."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from dxflow.audit.checkpoints import signing
from dxflow.calendars.wareki import wareki_datetime
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.errors import Invalid
from dxflow.services.administration import checkpoint_keys, checkpoint_mail, checkpointing
from dxflow.services.administration.checkpointing import Made
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.people.checkpoint_facts import PublicKey
from dxflow.services.reading import audit_log, verification
from dxflow.texts import gettext as _


def verify(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Verify the whole log; 1 when anything contradicts it."""
    folder = Path(arguments.checkpoints) if arguments.checkpoints else None
    keys = [Path(file) for file in arguments.public_key]
    with opened(settings) as site:
        report = verification.verify(site, operator(site), folder, keys)
    output.say(report.text)
    output.result({"ok": report.ok} | asdict(report))
    return 0 if report.ok else 1


def export(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Write the log to standard output; that it was written out is itself an event in it."""
    if output.json and arguments.format != "ocel2":  # which is one document
        raise Invalid(
            _(
                "audit export は --json と一緒に使えません。"
                "--format jsonl なら、一行に一つの JSON を書き出します。"
            )
        )
    with opened(settings) as site:
        output.raw(audit_log.export(site, operator(site), audit_log.Filters(), arguments.format))
    return 0


def proof(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Show one event as it was hashed; 1 when its text is not the one that was."""
    with opened(settings) as site:
        found = audit_log.event(site, operator(site), arguments.seq)
    output.say(
        found.body,
        _("直前の記録のハッシュ値: {digest}", digest=found.previous),
        _("この記録のハッシュ値: {digest}", digest=found.stored_leaf),
        _("本文から計算した値: {digest}", digest=found.leaf),
        _("ハッシュ値は、1バイトの 00 と本文（UTF-8）をつないだものの SHA-256 です。"),
    )
    if not found.intact:
        output.note(_("本文が、記録されたハッシュ値と一致しません。改変された疑いがあります。"))
    output.result(found.plain())
    return 0 if found.intact else 1


def checkpoint(_arguments: Namespace, settings: Settings, output: Output) -> int:
    """Write a checkpoint of the log now, and mail what was not mailed yet."""
    with opened(settings) as site:
        made = checkpointing.make(site, operator(site))
        mailed = checkpoint_mail.send_due(site)
    _tell(made, output)
    if mailed:
        output.say(_("メールを {n} 通送りました。", n=mailed))
    output.result(asdict(made) | {"mailed": mailed})
    return 1 if made.open else 0


def key(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Show the public key and its fingerprint, or let a fresh key sign from now on."""
    with opened(settings) as site:
        made, vouched = None, True
        if arguments.new:
            made, vouched = checkpointing.change_key(site, operator(site))
        public = checkpoint_keys.public(site, operator(site))
    if made is not None:
        _tell(made, output)
    if not vouched:
        output.note(
            _("前の鍵がないため、新しい鍵を前の鍵で認めていません。監査の担当に知らせてください。")
        )
    tell_key(public, output)
    output.say("", public.pem.rstrip())
    output.result(asdict(public) | {"vouched": vouched})
    return 0


def tell_key(public: PublicKey, output: Output) -> None:
    """Say the fingerprint as the auditor is to keep it on paper."""
    output.say(_("公開鍵の指紋（監査の担当が紙に控える）: {digest}", digest=public.grouped))


def _tell(made: Made, output: Output) -> None:
    output.say(
        _("チェックポイント {n}: {file}", n=made.number, file=made.file),
        _(
            "{at}、記録 {events} 件、系列 {streams} 本",
            at=wareki_datetime(made.at),
            events=made.events,
            streams=made.streams,
        ),
        f"SHA-256: {signing.grouped(made.sha256)}",
        _("公開鍵の指紋: {digest}", digest=signing.grouped(made.fingerprint)),
    )
    if made.torn:
        output.note(
            _(
                "前のチェックポイントが見た記録のうち {n} 系列が、なくなったか変わっています。"
                "dxflow audit verify で確かめてください。",
                n=made.torn,
            )
        )
    elif made.open:
        output.note(
            _(
                "{at}のチェックポイント {number} が見つけた異常（{n} 系列）が、片付いていません。"
                "dxflow audit verify で確かめてください。",
                at=wareki_datetime(made.open.at),
                number=made.open.number,
                n=made.open.streams,
            )
        )
