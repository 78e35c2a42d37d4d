"""The sample of a module's PACK, made once for each entry of its MADE."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cities.town import Kept, Town


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kept" in metafunc.fixturenames:
        metafunc.parametrize("kept", list(metafunc.module.MADE), indirect=True, scope="module")


@pytest.fixture(scope="module")
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    pack, day = request.module.PACK, request.module.MADE[request.param]
    server = request.getfixturevalue("postgres_server") if "postgresql" in request.param else ""
    found = Kept(pack, day, tmp_path_factory.mktemp(pack), server)
    found.make()
    yield found
    found.drop()


@pytest.fixture(scope="module")
def town(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The sample, to look at."""
    found = kept.open(tmp_path_factory.mktemp("town"), "seen")
    yield found
    kept.close(found, "seen")


@pytest.fixture
def own(kept: Kept, tmp_path: Path) -> Iterator[Town]:
    """A copy of the sample that a test may change."""
    found = kept.open(tmp_path, "own")
    yield found
    kept.close(found, "own")
