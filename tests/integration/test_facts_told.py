"""What an act says of rows reaches the log, or the act does not happen."""

import pytest

from dxflow.services.acts.act import lock
from tests.factories import City


def test_facts_that_no_event_tells_undo_the_act(city: City):
    case = city.start().id
    with city.site.database.write() as tx:
        version = lock(city.site, tx, city.actor("admin"), case).version

    def forgetful() -> None:
        with city.site.database.write() as tx:
            act = lock(city.site, tx, city.actor("admin"), case)
            act.tell_task("a-task", assignee=None)
            act.finish()

    with pytest.raises(AssertionError, match="a-task"):
        forgetful()
    with city.site.database.write() as tx:
        assert lock(city.site, tx, city.actor("admin"), case).version == version
