"""Checkpoints of the log: what was kept elsewhere shows what was changed since, and between when."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from dxflow.audit import checkpoints as form
from dxflow.audit import folder as shelf
from dxflow.audit import signing
from dxflow.audit.canonical import canonical
from dxflow.audit.chain import leaf_hash
from dxflow.audit.findings import FindingKind, Report
from dxflow.db.engine import Database
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services.administration import checkpoint_keys, checkpoint_mail, checkpointing, working
from dxflow.services.administration.checkpointing import Made, NotWritten
from dxflow.services.installation import backups, bootstrap, restoring, status
from dxflow.services.people import identity
from dxflow.services.reading import verification
from tests import smtp_sink
from tests.factories import City
from tests.integration.audit.test_verify import intruder
from tests.smtp_sink import Sink


@pytest.fixture
def city(city: City, tmp_path: Path) -> City:
    """The small city, with an id and a folder for its checkpoints on another machine."""
    office = tmp_path / "audit office"
    office.mkdir()
    with city.site.database.write() as tx:
        identity.ensure(tx, city.clock())
    settings = replace(city.site.settings, checkpoint_dir=office)
    return replace(city, site=replace(city.site, settings=settings))


def make(city: City) -> Made:
    return checkpointing.make(city.site, bootstrap.operator(city.site))


def day(city: City) -> Made:
    """A day's work, then its checkpoint."""
    city.clock.advance(days=1)
    city.start()
    return make(city)


def verify(city: City, folder: Path | None = None, *keys: Path) -> Report:
    return verification.verify(city.site, bootstrap.operator(city.site), folder, keys)


def texts(report: Report) -> str:
    return "\n".join(str(one) for one in report.findings)


def public_file(city: City, place: Path) -> Path:
    place.write_text(checkpoint_keys.public(city.site, bootstrap.operator(city.site)).pem)
    return place


def forge(connection: Connection, stream: str, first: int) -> None:
    """Rewrite a chain from an event on, with all hashes and the head that the case knows."""
    rows = connection.execute(
        text("SELECT id, body FROM audit_event WHERE stream = :s AND seq >= :q ORDER BY seq"),
        {"s": stream, "q": first},
    ).fetchall()
    assert rows
    prev: bytes | None = None
    for row in rows:
        body = json.loads(row.body)
        body["actor"]["post"] = "somebody-else"
        body["prev"] = body["prev"] if prev is None else prev.hex()
        told = canonical(body)
        connection.execute(
            text("UPDATE audit_event SET body = :b, leaf_hash = :h, prev_hash = :p WHERE id = :e"),
            {
                "b": told.decode(),
                "h": leaf_hash(told),
                "p": bytes.fromhex(body["prev"]),
                "e": row.id,
            },
        )
        prev = leaf_hash(told)
    set_head(connection, stream, len_of(connection, stream), prev or b"")


def len_of(connection: Connection, stream: str) -> int:
    found = connection.execute(
        text("SELECT max(seq) FROM audit_event WHERE stream = :s"), {"s": stream}
    )
    return int(found.scalar_one())


def set_head(connection: Connection, stream: str, seq: int, head: bytes) -> None:
    case = stream.removeprefix("case:")
    done = connection.execute(
        text("UPDATE process_instance SET audit_seq = :q, audit_head = :h WHERE case_id = :c"),
        {"q": seq, "h": head, "c": case},
    )
    assert done.rowcount == 1


def cut(connection: Connection, stream: str, last: int) -> None:
    """Cut the tail of a chain, with the head, its time and the count of ids made to match."""
    connection.execute(
        text("DELETE FROM audit_event WHERE stream = :s AND seq > :q"), {"s": stream, "q": last}
    )
    row = connection.execute(
        text("SELECT leaf_hash, at FROM audit_event WHERE stream = :s AND seq = :q"),
        {"s": stream, "q": last},
    ).one()
    set_head(connection, stream, last, row.leaf_hash)
    connection.execute(
        text("UPDATE process_instance SET audit_at = :a WHERE case_id = :c"),
        {"a": row.at, "c": stream.removeprefix("case:")},
    )


def checkpoint_findings(report: Report) -> list[str]:
    return [one.text for one in report.findings if one.kind is FindingKind.CHECKPOINT]


def test_a_log_that_went_on_holds_every_checkpoint(city: City) -> None:
    made = [day(city) for _turn in range(4)]
    report = verify(city)
    assert report.findings == ()
    assert report.checkpoints == 4
    assert [one.number for one in made] == [1, 2, 3, 4]
    assert [one.full for one in made] == [True, False, False, False]
    assert made[-1].events < report.events  # what is recorded of it stands under the next one


def test_a_checkpoint_names_only_the_chains_that_moved(city: City) -> None:
    for _turn in range(5):
        city.start()
    make(city)
    made = day(city)
    found = form.read(made.file.read_bytes())
    assert sorted(stream for stream in found.heads if stream.startswith("sys:")) == ["sys:audit"]
    assert len(found.heads) == 2
    assert found.streams > 5
    city.clock.advance(days=31)
    assert make(city).full


def test_a_log_made_anew_from_some_event_on_is_found_with_the_dates(city: City) -> None:
    city.clock.at(city.site.today().replace(month=6, day=1))
    case = city.start().id
    make(city)
    day(city)
    city.clock.advance(hours=3)
    with intruder(city.site.database) as connection:
        forge(connection, f"case:{case}", 1)
    assert checkpoint_findings(verify(city)) != []
    city.clock.advance(hours=30)
    after = day(city)
    report = verify(city)
    said = checkpoint_findings(report)
    assert "次のチェックポイントが、いまの監査ログと合いません: 1〜2" in said[0]
    assert [one.stream for one in report.findings[1:]] == [f"case:{case}"]
    assert "連番 1〜" in said[1]
    assert "チェックポイント 1（令和8年6月1日" in said[1]
    # it was changed after the second (2 June) and before the third (4 June)
    assert "変えられたのは、令和8年6月2日" in said[1]
    assert "から令和8年6月4日" in said[1]
    assert after.torn == 1  # and whoever made the third was told


def test_only_what_was_written_since_the_last_that_fits_is_named(city: City) -> None:
    case = city.start().id
    make(city)
    with city.site.database.read() as tx:
        sound = len_of(tx, f"case:{case}")
    city.clock.advance(days=1)
    city.complete("head", "head_approval", "approve")
    make(city)
    with intruder(city.site.database) as connection:
        forge(connection, f"case:{case}", sound + 1)
    report = verify(city)
    assert "合いません: 2。" in checkpoint_findings(report)[0]
    assert f"連番 {sound + 1}〜" in checkpoint_findings(report)[1]


def test_a_tail_that_was_cut_is_found(city: City) -> None:
    case = city.start().id
    with city.site.database.read() as tx:
        keep = len_of(tx, f"case:{case}")
    city.complete("head", "head_approval", "approve")
    make(city)
    with intruder(city.site.database) as connection:
        cut(connection, f"case:{case}", keep)
    said = checkpoint_findings(verify(city))
    assert "合いません: 1。" in said[0]
    assert f"連番 1〜{keep}" not in said[1]
    assert "なくなっています" in said[1]
    assert day(city).torn == 1


def test_a_case_that_vanished_whole_is_found(city: City) -> None:
    case = city.start().id
    day(city)
    with intruder(city.site.database) as connection:
        if not city.site.database.is_sqlite:
            connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("DELETE FROM audit_event WHERE stream = :s"), {"s": f"case:{case}"})
        connection.execute(text("DELETE FROM process_instance WHERE case_id = :c"), {"c": case})
        connection.execute(text("DELETE FROM case_file WHERE id = :c"), {"c": case})
    report = verify(city)
    assert [one.stream for one in report.findings if one.stream == f"case:{case}"] != []
    assert "合いません: 1。" in checkpoint_findings(report)[0]
    assert day(city).torn == 1


def test_a_chain_of_the_system_made_anew_is_found(city: City) -> None:
    day(city)
    with intruder(city.site.database) as connection:
        rows = connection.execute(
            text("SELECT id, body FROM audit_event WHERE stream = 'sys:audit' ORDER BY seq")
        ).fetchall()
        prev = bytes(32)
        for row in rows:
            body = json.loads(row.body) | {"prev": prev.hex(), "reason": "x"}
            told = canonical(body)
            connection.execute(
                text("UPDATE audit_event SET body=:b, leaf_hash=:h, prev_hash=:p WHERE id=:e"),
                {"b": told.decode(), "h": leaf_hash(told), "p": prev, "e": row.id},
            )
            prev = leaf_hash(told)
        connection.execute(
            text("UPDATE audit_stream SET head = :h WHERE stream = 'sys:audit'"), {"h": prev}
        )
    assert [one.stream for one in verify(city).findings] == ["", "sys:audit"]


@pytest.mark.parametrize("how", ["edited", "signature", "cut", "empty"])
def test_a_file_that_was_touched_is_found(city: City, how: str) -> None:
    made = [day(city) for _turn in range(3)]
    content = made[1].file.read_bytes()
    line, _feed, rest = content.partition(b"\n")
    altered = {
        "edited": line.replace(b'"number":2', b'"number":9') + b"\n" + rest,
        "signature": line
        + b"\n"
        + form.written(form.read(content), signing.make_seed()).split(b"\n")[1],
        "cut": content[: len(content) // 2],
        "empty": b"",
    }[how]
    assert altered != content
    made[1].file.chmod(0o600)
    made[1].file.write_bytes(altered)
    said = checkpoint_findings(verify(city))
    assert made[1].file.name in said[0]
    assert ("署名が正しくありません" if how in ("edited", "signature") else "読めません") in said[0]
    day(city)  # and work goes on


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_file_that_is_missing_is_found(city: City, tmp_path: Path, number: int) -> None:
    made = [day(city) for _turn in range(3)]
    made[number].file.unlink()
    report = verify(city)
    said = checkpoint_findings(report)
    if number == 0:  # older ones may lie elsewhere; it is said, not held against anybody
        assert said == []
        assert any("より前のもの" in one for one in report.notices)
    elif number == 1:
        assert any("1 と 3 がつながりません" in one for one in said)
    else:
        assert any("このフォルダーにありません: 3" in one for one in said)
    copies = tmp_path / "copies"  # somebody's own copies need not be all
    shutil.copytree(made[0].file.parent, copies)
    findings = verify(city, copies).findings
    assert (findings == ()) == (number != 1)


def test_all_files_replaced_by_somebody_with_another_key(city: City, tmp_path: Path) -> None:
    """Whoever has the server and the folder can make everything anew, but not the auditor's key."""
    paper = public_file(city, tmp_path / "paper.pem")
    for _turn in range(2):
        day(city)
    assert verify(city, None, paper).ok
    installation = form.read(next(city_files(city)).read_bytes()).installation
    for file in list(city_files(city)):
        file.unlink()
    evil = signing.make_seed()
    place = city.site.settings.checkpoint_key_place
    signing.write_seed(place, evil, replace=True)
    with city.site.database.write() as tx:
        tx.execute(text("DELETE FROM setting WHERE key LIKE 'audit.checkpoint%'"))
    assert identity_of(city.site.database) == installation
    day(city)
    said = checkpoint_findings(verify(city, None, paper))
    assert any(
        "渡された公開鍵で署名されたチェックポイントが、一つもありません" in one for one in said
    )
    report = verify(city)
    shown = signing.grouped(signing.fingerprint(signing.public_of(evil)))
    assert any(shown in one for one in report.notices)


def city_files(city: City):  # noqa: ANN201
    return city.site.settings.checkpoint_place.iterdir()


def identity_of(database: Database) -> str | None:
    with database.read() as tx:
        return identity.read(tx)


def test_a_key_is_changed_under_the_signature_of_the_old_one(city: City, tmp_path: Path) -> None:
    first = public_file(city, tmp_path / "first.pem")
    day(city)
    made, vouched = checkpointing.change_key(city.site, bootstrap.operator(city.site))
    assert (made.number, vouched) == (3, True)
    second = public_file(city, tmp_path / "second.pem")
    assert first.read_text() != second.read_text()
    day(city)
    for key in (first, second):
        report = verify(city, None, key)
        assert report.ok, texts(report)
        assert any("前の鍵が認めた次の鍵" in one for one in report.notices)
    assert {"audit.key_changed", "audit.checkpointed"} <= set(types(city))


def types(city: City) -> list[str]:
    with city.site.database.read() as tx:
        return list(tx.execute(text("SELECT type FROM audit_event")).scalars())


def test_a_key_that_is_gone_is_not_made_up(city: City, tmp_path: Path) -> None:
    first = public_file(city, tmp_path / "first.pem")
    day(city)
    city.site.settings.checkpoint_key_place.unlink()
    with pytest.raises(Conflict, match="元の鍵の写し"):
        day(city)
    assert line(city).state == "bad"
    _made, vouched = checkpointing.change_key(city.site, bootstrap.operator(city.site))
    assert not vouched
    said = checkpoint_findings(verify(city, None, first))
    assert ["前の鍵の署名なしに" in one for one in said] == [True]
    both = public_file(city, tmp_path / "second.pem")
    assert verify(city, None, first, both).ok


def test_a_key_that_others_can_read_is_refused(city: City) -> None:
    day(city)
    place = city.site.settings.checkpoint_key_place
    assert place.stat().st_mode & 0o777 == 0o600
    place.chmod(0o644)
    with pytest.raises(Exception, match="他の利用者が読めます"):
        day(city)


def test_openssl_checks_a_checkpoint_without_the_program(city: City, tmp_path: Path) -> None:
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("no openssl here")
    key = public_file(city, tmp_path / "key.pem")
    made = day(city)
    line, _feed, rest = made.file.read_bytes().partition(b"\n")
    (tmp_path / "said").write_bytes(line + b"\n")
    (tmp_path / "signature.b64").write_bytes(rest)
    subprocess.run([tool, "base64", "-d", "-A", "-in", tmp_path / "signature.b64",
                    "-out", tmp_path / "signature"], check=True)  # fmt: skip
    done = subprocess.run(
        [tool, "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", tmp_path / "said",
         "-sigfile", tmp_path / "signature"], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "Signature Verified Successfully\n")
    der = subprocess.run(
        [tool, "pkey", "-pubin", "-in", key, "-outform", "DER"], capture_output=True, check=True
    ).stdout
    shown = checkpoint_keys.public(city.site, bootstrap.operator(city.site)).fingerprint
    assert form.digest_of(der) == shown


def test_a_restored_log_is_said_to_be_restored(city: City, tmp_path: Path) -> None:
    case = city.start().id
    day(city)
    city.clock.advance(hours=1)
    backups.make(city.site, bootstrap.operator(city.site), tmp_path / "a.dxbackup")
    city.complete("head", "head_approval", "approve")
    lost = [day(city), day(city)]
    city.clock.advance(hours=1)
    restoring.restore(
        city.site, bootstrap.operator(city.site), tmp_path / "a.dxbackup", replace_it=True
    )
    report = verify(city)
    assert report.findings == (), texts(report)
    (said,) = [one for one in report.notices if "復元により短くなっています" in one]
    assert "チェックポイント 2〜3" in said
    assert "a.dxbackup" in said
    made = day(city)
    assert (made.number, made.full, made.torn) == (lost[-1].number + 1, True, 0)
    city.complete("head", "head_approval", "approve")  # the same act anew, with other hashes
    day(city)
    report = verify(city)
    assert report.findings == (), texts(report)
    # and a restore excuses nothing that was done after it
    with intruder(city.site.database) as connection:
        forge(connection, f"case:{case}", 2)
    assert "合いません" in texts(verify(city))


def test_a_restore_excuses_no_event_from_before_the_backup(city: City, tmp_path: Path) -> None:
    case = city.start().id
    day(city)
    city.clock.advance(hours=1)
    backups.make(city.site, bootstrap.operator(city.site), tmp_path / "a.dxbackup")
    city.complete("head", "head_approval", "approve")
    day(city)
    city.clock.advance(hours=1)
    restoring.restore(
        city.site, bootstrap.operator(city.site), tmp_path / "a.dxbackup", replace_it=True
    )
    with intruder(city.site.database) as connection:
        forge(connection, f"case:{case}", 1)
    report = verify(city)
    assert [one.stream for one in report.findings] == ["", f"case:{case}"]


def line(city: City) -> status.Line:
    found = status.read(city.site, bootstrap.operator(city.site))
    return next(one for one in found.lines if one.key == "checkpoint")


def test_the_status_tells_of_the_last_one_its_age_and_the_folder(city: City) -> None:
    assert (line(city).state, line(city).value) == ("care", "まだありません")
    made = day(city)
    assert line(city).state == "good"
    assert line(city).value.startswith("1 番、")
    assert str(made.file.parent) in line(city).value
    city.clock.advance(days=3, minutes=1)
    assert line(city).state == "bad"
    assert "3 日を過ぎました" in line(city).advice
    day(city)
    assert line(city).state == "good"
    city.site.settings.checkpoint_place.rename(made.file.parent.with_name("gone"))
    assert "書けません" in line(city).advice
    with pytest.raises(NotWritten, match="書けません"):
        day(city)
    assert line(city).state == "bad"


def test_a_folder_of_the_same_machine_alone_is_a_matter_of_care(city: City) -> None:
    here = replace(city, site=replace(
        city.site, settings=replace(city.site.settings, checkpoint_dir=None)))  # fmt: skip
    assert day(here).file.parent == here.site.settings.home / "checkpoints"
    assert line(here).state == "care"
    assert "同じ機械の中" in line(here).advice


def test_the_worker_makes_one_a_day_and_one_only(city: City) -> None:
    worker = working.make_worker(city.site)
    worker.run_due()
    worker.run_due()
    assert len(list(city_files(city))) == 1
    city.clock.advance(days=1)
    working.make_worker(replace(city.site, kept={})).run_due()
    working.make_worker(replace(city.site, kept={})).run_due()
    assert len(list(city_files(city))) == 2
    never = replace(city.site.settings, checkpoint_hours=0)
    city.clock.advance(days=1)
    working.make_worker(replace(city.site, settings=never, kept={})).run_due()
    assert len(list(city_files(city))) == 2
    assert verify(city).ok


def test_each_goes_to_the_auditors_by_mail_until_they_have_it(city: City) -> None:
    settings = replace(city.site.settings, checkpoint_mail=("audit@example.jp", "watch@example.jp"))
    office = replace(city, site=replace(city.site, settings=settings))
    with Sink() as sink:
        smtp_sink.with_mail(office, sink.port)
        made = day(office)
        sink.says["DATA"] = "451 not now"
        with pytest.raises(checkpoint_mail.NotMailed):
            checkpoint_mail.send_due(office.site)
        assert "451" in line(office).advice
        sink.says.clear()
        second = day(office)
        assert checkpoint_mail.send_due(office.site) == 4
        assert checkpoint_mail.send_due(office.site) == 0
    assert line(office).state == "good"
    assert [one.recipients for one in sink.received] == [
        ("audit@example.jp",), ("watch@example.jp",)] * 2  # fmt: skip
    for received, checkpoint in zip(sink.received[::2], (made, second), strict=True):
        body, attached = received.message.iter_parts()
        assert signing.grouped(checkpoint.sha256) in body.get_content()
        assert attached.get_filename() == checkpoint.file.name
        assert attached.get_content() == checkpoint.file.read_bytes()


def test_who_may(city: City) -> None:
    for name in ("applicant", "auditor", "cio"):
        with pytest.raises(NotAllowed):
            checkpointing.make(city.site, city.actor(name))
        with pytest.raises(NotAllowed):
            checkpointing.change_key(city.site, city.actor(name))
    for name in ("applicant", "admin", "secretariat"):
        with pytest.raises(NotAllowed):
            verification.checkpoints(city.site, city.actor(name))
    assert list(city_files(city)) == []


def test_the_list_is_what_the_log_tells(city: City) -> None:
    made = [day(city) for _turn in range(3)]
    page, key = verification.checkpoints(city.site, city.actor("auditor"))
    assert [(one.number, one.at, one.events, one.sha256) for one in page.entries] == [
        (one.number, one.at, one.events, one.sha256) for one in reversed(made)
    ]
    assert key is not None
    assert key.fingerprint == made[0].fingerprint
    assert key.grouped.count(" ") == 7


def test_a_folder_without_any_is_no_proof(city: City, tmp_path: Path) -> None:
    assert verify(city).ok  # nothing was made yet, nothing is missing
    with pytest.raises(Invalid, match="読めない"):
        verify(city, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "この導入のチェックポイントがありません" in texts(verify(city, tmp_path / "empty"))
    made = day(city)
    made.file.unlink()
    assert not verify(city).ok


def test_what_is_kept_is_never_overwritten(city: City) -> None:
    made = day(city)
    before = made.file.read_bytes()
    with pytest.raises(FileExistsError):
        shelf.put(made.file.parent, form.read(before), b"other")
    assert made.file.read_bytes() == before
