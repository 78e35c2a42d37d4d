"""Who makes checkpoints, where they go, which key signs, and what is said of them."""

import errno
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from dxflow.audit.checkpoints import checkpoint as form
from dxflow.audit.checkpoints import folder as shelf
from dxflow.audit.checkpoints import signing
from dxflow.config import ConfigRefused
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services.administration import checkpoint_keys, checkpoint_mail, checkpointing, working
from dxflow.services.administration.checkpointing import NotWritten
from dxflow.services.installation import bootstrap, checkpoint_line
from dxflow.services.people import identity
from dxflow.services.reading import verification
from tests import smtp_sink
from tests.factories import City
from tests.integration import office
from tests.integration.office import (
    checkpoint_findings,
    day,
    files,
    line,
    public_file,
    texts,
    verify,
)
from tests.smtp_sink import Sink


@pytest.fixture
def city(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(checkpoint_line, "same_disk", lambda _folder, _home: False)
    return office.with_office(city, tmp_path)


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
    second = public_file(city, tmp_path / "second.pem")
    for keys in ((first, second), (second,)):
        report = verify(city, None, *keys)
        assert report.ok, texts(report)
        told = "\n".join(report.notices)
        assert "前の鍵が認めた次の鍵" not in told  # nobody but the auditor vouches for it
        assert "前の鍵はこの鍵を認めておらず、認めているのは、渡された公開鍵だけです" in told


def test_the_file_of_a_public_key_may_hold_what_the_command_said_beside_it(
    city: City, tmp_path: Path
) -> None:
    day(city)
    key = public_file(city, tmp_path / "key.pem")
    key.write_text(f"公開鍵の指紋: 01234567\n\n{key.read_text()}\nkept since 2026\n")
    assert verify(city, None, key).ok
    key.write_text("-----BEGIN PUBLIC KEY-----\n")
    with pytest.raises(ConfigRefused, match="ではありません"):
        verify(city, None, key)
    with pytest.raises(ConfigRefused, match="読めません（見つかりません）"):
        verify(city, None, tmp_path / "nowhere.pem")


def test_a_key_that_was_put_there_by_hand_is_recorded(city: City, tmp_path: Path) -> None:
    day(city)
    place = city.site.settings.checkpoint_key_place
    signing.write_seed(place, signing.make_seed(), replace=True)
    assert types(city).count("audit.key_changed") == 1
    day(city)
    day(city)
    assert types(city).count("audit.key_changed") == 2
    assert ["前の鍵の署名なしに" in one for one in checkpoint_findings(verify(city))] == [True]


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


def line_file(city: City) -> str:
    """Return the name of the last file that the log tells of."""
    page, _key = verification.checkpoints(city.site, city.actor("auditor"))
    with city.site.database.read() as tx:
        return shelf.name_of(identity.read(tx) or "", page.entries[0].number)


def test_the_status_tells_of_the_last_one_its_age_and_the_folder(
    city: City, tmp_path: Path
) -> None:
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
    folder = city.site.settings.checkpoint_place
    (folder / line_file(city)).rename(tmp_path / "aside")
    assert line(city).state == "bad"
    assert f"{line_file(city)} が、フォルダー {folder} にありません" in line(city).advice
    (tmp_path / "aside").rename(folder / line_file(city))
    folder.rename(made.file.parent.with_name("gone"))
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


def test_a_folder_on_the_same_disk_is_no_other_machine(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    day(city)
    assert line(city).state == "good"
    monkeypatch.undo()
    assert line(city).state == "care"
    assert "同じ機械の中" in line(city).advice


def test_a_folder_that_was_changed_is_to_have_the_files_of_the_one_before(
    city: City, tmp_path: Path
) -> None:
    made = day(city)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    settings = replace(city.site.settings, checkpoint_dir=fresh)
    moved = replace(city, site=replace(city.site, settings=settings))
    assert line(moved).state == "care"
    assert f"前のフォルダー {made.file.parent} にあります" in line(moved).advice
    shutil.copy(made.file, fresh)
    assert line(moved).state == "good"


def test_a_key_that_did_not_come_along_is_a_matter_of_care(city: City) -> None:
    day(city)
    place = city.site.settings.checkpoint_key_place
    place.rename(place.with_name("elsewhere"))  # as after a restore into another home
    assert line(city).state == "care"
    assert f"署名する鍵 {place} がありません" in line(city).advice
    place.with_name("elsewhere").rename(place)
    assert line(city).state == "good"


def test_a_key_of_another_owner_says_whose_it_must_be(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    day(city)

    def refuse(_file: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ConfigRefused, match="持ち主は、サービスの利用者（dxflow）"):
        signing.read_seed(city.site.settings.checkpoint_key_place)


def test_the_worker_makes_one_a_day_and_one_only(city: City) -> None:
    worker = working.make_worker(city.site)
    worker.run_due()
    worker.run_due()
    assert len(files(city)) == 1
    city.clock.advance(days=1)
    working.make_worker(replace(city.site, kept={})).run_due()
    working.make_worker(replace(city.site, kept={})).run_due()
    assert len(files(city)) == 2
    never = replace(city.site.settings, checkpoint_hours=0)
    city.clock.advance(days=1)
    working.make_worker(replace(city.site, settings=never, kept={})).run_due()
    assert len(files(city)) == 2
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
    assert files(city) == []


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
    with pytest.raises(Invalid, match=r"nowhere を読めません（見つかりません）。$"):
        verify(city, tmp_path / "nowhere")
    with pytest.raises(Invalid, match="/ から始まる名前で"):
        verify(city, Path("nowhere"))
    (tmp_path / "empty").mkdir()
    assert "この導入のチェックポイントがありません" in texts(verify(city, tmp_path / "empty"))
    made = day(city)
    made.file.unlink()
    (said,) = checkpoint_findings(verify(city))
    assert "この導入のチェックポイントがありません" in said


@pytest.mark.parametrize("known_by", ["settings", "facts", "log"])
def test_a_folder_that_cannot_be_read_is_no_pass(city: City, known_by: str) -> None:
    """Hiding the folder is worth no more than emptying it, whoever remembers that there is one."""
    at_home = replace(city, site=replace(
        city.site, settings=replace(city.site.settings, checkpoint_dir=None)))  # fmt: skip
    assert verify(at_home).ok  # nothing was ever made, and no folder is there
    there = city if known_by == "settings" else at_home
    if known_by != "settings":
        day(there)
    if known_by == "log":
        with city.site.database.write() as tx:
            tx.execute(text("DELETE FROM setting WHERE key LIKE 'audit.checkpoint%'"))
    folder = there.site.settings.checkpoint_place
    folder.rename(folder.with_name("moved"))
    report = verify(there)
    (said,) = checkpoint_findings(report)
    assert (
        f"照らし合わせられませんでした。フォルダー {folder} を読めません（見つかりません）" in said
    )
    assert "共有がつながっているか" in said
    folder.with_name("moved").rename(folder)
    assert verify(there).ok


def test_what_is_kept_is_never_overwritten(city: City) -> None:
    before = os.umask(0o077)  # as the service runs
    try:
        made = day(city)
    finally:
        os.umask(before)
    assert made.file.stat().st_mode & 0o777 == 0o444
    before = made.file.read_bytes()
    with pytest.raises(FileExistsError):
        shelf.put(made.file.parent, form.read(before), b"other")
    assert made.file.read_bytes() == before
