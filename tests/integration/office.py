"""A city whose audit office keeps checkpoints of the log."""

from dataclasses import replace
from pathlib import Path

from dxflow.audit.findings import FindingKind, Report
from dxflow.services.administration import checkpoint_keys, checkpointing
from dxflow.services.administration.checkpointing import Made
from dxflow.services.installation import bootstrap, status
from dxflow.services.people import identity
from dxflow.services.reading import verification
from tests.factories import City


def with_office(city: City, tmp_path: Path) -> City:
    """Give the small city an id, and a folder for its checkpoints on another machine."""
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


def checkpoint_findings(report: Report) -> list[str]:
    return [one.text for one in report.findings if one.kind is FindingKind.CHECKPOINT]


def line(city: City) -> status.Line:
    found = status.read(city.site, bootstrap.operator(city.site))
    return next(one for one in found.lines if one.key == "checkpoint")


def files(city: City) -> list[Path]:
    return sorted(city.site.settings.checkpoint_place.iterdir())
