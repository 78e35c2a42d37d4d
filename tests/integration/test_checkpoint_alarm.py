"""What a checkpoint finds wrong stays said until it is settled, by whoever may settle it."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services.administration import checkpointing, working
from dxflow.services.administration.checkpointing import NotWritten
from dxflow.services.installation import backups, bootstrap, checkpoint_line, restoring
from dxflow.services.people import checkpoint_facts
from dxflow.services.people.checkpoint_facts import Torn
from dxflow.services.reading import verification
from tests.factories import City
from tests.integration import office
from tests.integration.audit.test_verify import intruder
from tests.integration.office import day, files, line, make, verify
from tests.integration.test_checkpoints import cut, forge, len_of


@pytest.fixture
def city(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(checkpoint_line, "same_disk", lambda _folder, _home: False)
    return office.with_office(city, tmp_path)


def tampered(city: City) -> str:
    """Forge a chain that a checkpoint saw; return it."""
    stream = f"case:{city.start().id}"
    day(city)
    with intruder(city.site.database) as connection:
        forge(connection, stream, 1)
    return stream


def test_an_alarm_is_not_wiped_by_the_next_checkpoint(city: City) -> None:
    tampered(city)
    first = day(city)
    assert (first.torn, first.open is not None) == (1, True)
    assert line(city).state == "bad"
    for _turn in range(3):  # a weekend
        later = day(city)
        assert later.torn == 0
        assert later.open is not None
        assert (later.open.number, later.open.at) == (first.number, first.at)
    assert line(city).state == "bad"
    assert "のチェックポイント 2 が、前のもの（1）の見た記録のうち 1 系列が" in line(city).advice
    assert not verify(city).ok
    assert line(city).state == "bad"  # a verification that finds it too ends nothing


def test_the_workers_checkpoints_do_not_wipe_it_either(city: City) -> None:
    tampered(city)
    for _turn in range(3):
        city.clock.advance(days=1)
        working.make_worker(replace(city.site, kept={})).run_due()
    assert len(files(city)) == 4
    assert "見た記録のうち 1 系列が" in line(city).advice


def test_what_is_torn_again_is_counted_since_the_first(city: City) -> None:
    tampered(city)
    first = day(city)
    tampered(city)
    second = day(city)
    assert second.open is not None
    assert (second.torn, second.open.streams, second.open.at) == (1, 2, first.at)


def test_a_clean_verification_ends_it_and_the_log_says_so(city: City, tmp_path: Path) -> None:
    """The tail that was cut is put back: the checkpoint that saw it fits again."""
    case = city.start().id
    city.complete("head", "head_approval", "approve")
    day(city)
    with put_back_later(city, case):
        made = day(city)
        assert made.torn == 1
        assert not verify(city).ok
        assert line(city).state == "bad"
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / made.file.name).write_bytes(made.file.read_bytes())
    assert verify(city, copies).ok
    assert "見た記録のうち" in line(city).advice  # files that did not see it settle nothing
    assert verify(city).ok
    assert line(city).state == "good"
    assert day(city).open is None
    assert told(city, "audit.verified")[-2:] == [None, made.number]


@contextmanager
def put_back_later(city: City, case: str) -> Iterator[None]:
    """Cut the last event of a case, and put it back in the end."""
    which = {"s": f"case:{case}", "c": case}
    with city.site.database.read() as tx:
        last = len_of(tx, which["s"])
        row = tx.execute(
            text("SELECT * FROM audit_event WHERE stream = :s AND seq = :q"), which | {"q": last}
        ).mappings().one()  # fmt: skip
        head = tx.execute(
            text("SELECT audit_seq, audit_head, audit_at FROM process_instance WHERE case_id = :c"),
            which,
        ).mappings().one()  # fmt: skip
    with intruder(city.site.database) as connection:
        cut(connection, which["s"], last - 1)
    yield
    with intruder(city.site.database) as connection:
        places = ", ".join(f":{name}" for name in row)
        connection.execute(
            text(f"INSERT INTO audit_event ({', '.join(row)}) VALUES ({places})"), row
        )
        connection.execute(
            text(
                "UPDATE process_instance SET audit_seq = :audit_seq, audit_head = :audit_head,"
                " audit_at = :audit_at WHERE case_id = :c"
            ),
            dict(head) | which,
        )


def told(city: City, kind: str) -> list[object]:
    """Return what each entry of a kind says of an alarm: the number of its checkpoint, or None."""
    with city.site.database.read() as tx:
        rows = tx.execute(
            text("SELECT body FROM audit_event WHERE type = :t ORDER BY seq"), {"t": kind}
        )
        bodies = [json.loads(body) for (body,) in rows]
    said = [{one["field"]: one for one in body["changes"]} for body in bodies]
    return [one["torn"]["before"] if "torn" in one else None for one in said]


def test_a_restore_that_excuses_the_loss_does_not_end_it_by_itself(
    city: City, tmp_path: Path
) -> None:
    """Whoever can write the log can make up a restore: people take note of it."""
    operator = bootstrap.operator(city.site)
    city.start()
    city.clock.advance(hours=1)
    backups.make(city.site, operator, tmp_path / "a.dxbackup")
    city.complete("head", "head_approval", "approve")
    before = day(city)
    city.clock.advance(hours=1)
    restoring.restore(city.site, operator, tmp_path / "a.dxbackup", replace_it=True)
    with city.site.database.write() as tx:  # as it stands where the alarm was given meanwhile
        checkpoint_facts.tear(tx, Torn(city.clock(), before.number + 1, before.number, 1))
    assert verify(city).ok
    assert "見た記録のうち" in line(city).advice


def test_cio_and_auditors_acknowledge_it_with_what_happened(city: City) -> None:
    tampered(city)
    made = day(city)
    for name in ("applicant", "admin", "secretariat"):
        with pytest.raises(NotAllowed):
            verification.acknowledge(city.site, city.actor(name), made.number, "x")
        with pytest.raises(NotAllowed):
            verification.alarm(city.site, city.actor(name))
    with pytest.raises(Invalid, match="何があったか"):
        verification.acknowledge(city.site, city.actor("auditor"), made.number, "  ")
    with pytest.raises(Conflict):  # another than the one that was looked at
        verification.acknowledge(city.site, city.actor("auditor"), made.number + 1, "x")
    verification.acknowledge(city.site, city.actor("auditor"), made.number, "警察に届け出た")
    assert line(city).state == "good"
    assert verification.alarm(city.site, city.actor("cio")) is None
    assert len(told(city, "audit.alarm_closed")) == 1
    with pytest.raises(Conflict):
        verification.acknowledge(city.site, city.actor("auditor"), made.number, "again")
    tampered(city)
    day(city)
    assert line(city).state == "bad"  # the next one is a new alarm


def closed(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the system refuse to open files of the folder, as a unit that may not write there."""

    def refuse(*_words: object) -> Path:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("dxflow.audit.checkpoints.folder.put", refuse)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_folder_that_the_unit_closes_names_the_line_that_opens_it(
    city: City, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    closed(monkeypatch, number)
    with pytest.raises(NotWritten, match="書けません（") as refused:
        make(city)
    assert "ReadWritePaths" in refused.value.message
    assert "再起動" in refused.value.message
    assert os.strerror(number) not in refused.value.message


def test_a_full_disk_is_no_matter_of_the_unit(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    closed(monkeypatch, errno.ENOSPC)
    with pytest.raises(NotWritten, match="空きがありません") as refused:
        make(city)
    assert "ReadWritePaths" not in refused.value.message


def test_trouble_of_the_worker_is_not_ended_by_a_checkpoint_made_by_hand(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = replace(bootstrap.operator(city.site), channel="job")
    with monkeypatch.context() as patch:
        closed(patch, errno.EROFS)
        with pytest.raises(NotWritten):
            checkpointing.make(city.site, worker)
        with pytest.raises(NotWritten):
            make(city)
    day(city)  # the command runs outside the unit
    assert line(city).state == "bad"
    assert "自動処理が作れませんでした" in line(city).advice
    assert "ReadWritePaths" in line(city).advice
    city.clock.advance(days=1)
    working.make_worker(replace(city.site, kept={})).run_due()
    assert line(city).state == "good"


def test_trouble_met_by_hand_is_ended_by_the_next_that_is_made(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        closed(patch, errno.EROFS)
        with pytest.raises(NotWritten):
            make(city)
    assert "ReadWritePaths" in line(city).advice
    assert "自動処理が" not in line(city).advice
    day(city)
    assert line(city).state == "good"
