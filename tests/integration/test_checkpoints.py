"""Checkpoints of the log: what was kept elsewhere shows what was changed since, and between when."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from dxflow.audit.canonical import canonical
from dxflow.audit.chain import leaf_hash
from dxflow.audit.checkpoints import checkpoint as form
from dxflow.audit.checkpoints import signing
from dxflow.db.engine import Database
from dxflow.services.installation import backups, bootstrap, restoring
from dxflow.services.people import identity
from tests.factories import City
from tests.integration import office
from tests.integration.audit.test_verify import intruder
from tests.integration.office import (
    checkpoint_findings,
    day,
    files,
    make,
    public_file,
    texts,
    verify,
)


@pytest.fixture
def city(city: City, tmp_path: Path) -> City:
    return office.with_office(city, tmp_path)


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
    assert "連番 1 から先の記録が" in said[1]
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
    said = checkpoint_findings(report)[1]
    assert re.search(
        rf"連番 {sound + 1}(〜\d+ のどれか)?から先の記録が", said.replace(" から", "から")
    )


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
    assert f"連番 {keep + 1}" not in said[1]  # no checkpoint saw where it was sound
    assert "連番 1〜" in said[1]
    assert " のどれかから先の記録が" in said[1]
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
    assert findings == ()


def test_copies_with_holes_are_compared_as_far_as_they_go(city: City, tmp_path: Path) -> None:
    """Whoever keeps some of the files learns what is not looked at, and still finds forgeries."""
    made = [day(city) for _turn in range(4)]
    copies = tmp_path / "copies"
    copies.mkdir()
    for one in (made[0], made[2]):
        shutil.copy(one.file, copies)
    report = verify(city, copies)
    assert report.findings == (), texts(report)
    assert [one for one in report.notices if "チェックポイント 1 の次が 3 です" in one] != []
    assert [one for one in report.notices if "このフォルダーにありません: 4。" in one] != []
    other = form.read(made[1].file.read_bytes())
    seed = signing.read_seed(city.site.settings.checkpoint_key_place)
    forged = form.written(replace(other, previous="00" * 32), seed or b"")
    (copies / made[1].file.name).write_bytes(forged)
    assert "1 と 2 がつながりません" in texts(verify(city, copies))


def test_a_finding_names_the_case_by_its_number(city: City) -> None:
    case = city.start()
    day(city)
    with intruder(city.site.database) as connection:
        forge(connection, f"case:{case.id}", 1)
    report = verify(city)
    (found,) = [one for one in report.findings if one.stream]
    with city.site.database.read() as tx:
        number = tx.execute(
            text("SELECT number FROM case_file WHERE id = :c"), {"c": case.id}
        ).scalar_one()
    assert (found.stream, found.case) == (f"case:{case.id}", number)
    assert f"- 案件 {number} #1: " in report.text
    assert case.id not in report.text


def test_all_files_replaced_by_somebody_with_another_key(city: City, tmp_path: Path) -> None:
    """Whoever has the server and the folder can make everything anew, but not the auditor's key."""
    paper = public_file(city, tmp_path / "paper.pem")
    for _turn in range(2):
        day(city)
    assert verify(city, None, paper).ok
    installation = form.read(files(city)[0].read_bytes()).installation
    for file in files(city):
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


def identity_of(database: Database) -> str | None:
    with database.read() as tx:
        return identity.read(tx)


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


def test_an_older_database_put_back_without_a_word_is_said_to_look_like_one(
    sqlite_city: City, tmp_path: Path
) -> None:
    city = office.with_office(sqlite_city, tmp_path)
    case = city.start().id
    day(city)
    copy, place = tmp_path / "copy.db", Path(str(city.site.database.url.database))
    with city.site.database.write() as tx:
        tx.exec_driver_sql("SELECT 1")
    shutil.copy(place, copy)
    shutil.copy(f"{place}-wal", f"{copy}-wal")
    city.complete("head", "head_approval", "approve")
    day(city)
    city.site.database.close()
    shutil.copy(copy, place)
    shutil.copy(f"{copy}-wal", f"{place}-wal")
    said = checkpoint_findings(verify(city))
    assert "合いません: 2" in said[0]
    assert "古いもの（バックアップや機械の写し）に戻されたときの形です" in said[0]
    city.clock.advance(hours=1)
    city.complete("head", "head_approval", "approve")  # and work goes on there
    assert "戻されたときの形です" in checkpoint_findings(verify(city))[0]
    with intruder(city.site.database) as connection:
        forge(connection, f"case:{case}", 1)
    said = checkpoint_findings(verify(city))
    assert "あとから書き換えられたか、切り取られました" in said[0]


def test_a_restore_is_told_with_the_checkpoints_that_saw_more(city: City, tmp_path: Path) -> None:
    day(city)  # a moment before the backup, and nothing of it is lost
    city.clock.advance(minutes=1)
    backups.make(city.site, bootstrap.operator(city.site), tmp_path / "a.dxbackup")
    day(city)
    city.clock.advance(hours=1)
    restoring.restore(
        city.site, bootstrap.operator(city.site), tmp_path / "a.dxbackup", replace_it=True
    )
    (said,) = [one for one in verify(city).notices if "復元により短くなっています" in one]
    assert "チェックポイント 2 は、このバックアップよりあとに" in said
