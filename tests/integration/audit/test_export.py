from sqlalchemy import text

from dxflow.audit.canonical import parse
from dxflow.audit.chain import leaf_hash
from dxflow.audit.describe import describe
from dxflow.audit.export import bodies, to_csv, to_jsonl
from dxflow.audit.reading import private_values
from dxflow.audit.verify import references
from dxflow.db.engine import Database
from tests.integration.audit.history import build


def test_the_exported_lines_give_the_hashes_that_stand_in_the_database(database: Database) -> None:
    build(database)
    with database.read() as connection:
        lines = list(to_jsonl(bodies(connection)))
        hashes = connection.execute(text("SELECT leaf_hash FROM audit_event ORDER BY id"))
        assert [leaf_hash(line[:-1]) for line in lines] == [bytes(found) for (found,) in hashes]
        assert len(list(bodies(connection, stream="case:c1"))) == 5


def test_the_log_shows_personal_values_until_they_are_erased(database: Database) -> None:
    build(database, cases=1, steps=3)
    with database.write() as connection:
        wanted = [
            digest for body in bodies(connection) for digest in references(parse(body.encode()))
        ]
        connection.execute(
            text("DELETE FROM audit_private WHERE commitment = :c"), {"c": wanted[0]}
        )
    with database.read() as connection:
        values = private_values(connection, wanted)
        table = b"".join(to_csv(describe(body, values) for body in bodies(connection)))
    assert list(values.values()) == ["架空 花子2"]
    assert "（消去済み）" in table.decode()
    assert "架空 花子2" in table.decode()
    assert "架空 花子1" not in table.decode()
