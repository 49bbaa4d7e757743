"""A prepared statement answers what the statement itself does, and takes a fraction of the time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from shared.db import open_engine
from shared.prepared import Prepared
from shared.tables import due
from tests.shared.ground import empty_database

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
ADD = Prepared(due.insert())
FIND = sa.select(due).where(due.c.key == sa.bindparam("key"))
MOVE = sa.update(due).where(due.c.key == sa.bindparam("_key"), due.c.kind == "reminder").values(at=sa.bindparam("at"))
PLAN = Prepared.upsert(
    due, lambda new: new.on_conflict_do_update(index_elements=["key"], set_={"at": new.excluded.at}).returning(due.c.at)
)


def a_row(key: str = "dana", **changed: Any) -> dict[str, Any]:
    return {"key": key, "kind": "reminder", "subject": "dana", "at": NOW, "data": {"after": ["P1D"]}} | changed


@pytest.fixture
def sql(database_url: str) -> Iterator[sa.Connection]:
    empty_database(database_url).dispose()
    engine = open_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_it_answers_the_same_rows_in_the_same_types(sql: sa.Connection) -> None:
    sql.execute(ADD, a_row())
    assert sql.execute(Prepared(FIND), {"key": "dana"}).one() == sql.execute(FIND, {"key": "dana"}).one()
    assert sql.execute(Prepared(FIND), {"key": "dana"}).mappings().one()["data"] == {"after": ["P1D"]}
    assert sql.execute(Prepared(FIND), {"key": "nobody"}).first() is None


def test_it_says_how_many_rows_it_changed(sql: sa.Connection) -> None:
    sql.execute(ADD, [a_row("dana"), a_row("kim"), a_row("lee", kind="round")])
    move = Prepared(MOVE)
    assert [sql.execute(move, {"_key": key, "at": NOW}).rowcount for key in ("dana", "lee", "nobody")] == [1, 0, 0]


def test_an_upsert_answers_what_it_returns(sql: sa.Connection) -> None:
    later = datetime(2026, 5, 2, tzinfo=UTC)
    assert sql.execute(PLAN, a_row()).scalar_one() == NOW
    assert sql.execute(PLAN, a_row(at=later)).scalar_one() == later


def test_what_the_database_refuses_is_the_error_that_it_always_is(sql: sa.Connection) -> None:
    sql.execute(ADD, a_row())
    with pytest.raises(IntegrityError):
        sql.execute(ADD, a_row())


def test_it_is_undone_with_its_transaction(sql: sa.Connection) -> None:
    sql.execute(ADD, a_row())
    sql.rollback()
    assert sql.execute(Prepared(FIND), {"key": "dana"}).first() is None


def test_other_columns_are_another_form_of_it(sql: sa.Connection) -> None:
    sql.execute(ADD, a_row("dana"))
    sql.execute(ADD, a_row("kim", attempts=3))
    found = sql.execute(sa.select(due.c.attempts).order_by(due.c.key)).scalars().all()
    assert found == [0, 3]


def test_a_list_may_have_any_length(sql: sa.Connection) -> None:
    listed = sa.select(due.c.key).where(
        due.c.key.in_(sa.bindparam("keys", expanding=True)), due.c.kind == sa.bindparam("kind")
    )
    find = Prepared(listed.order_by(due.c.key), lists=["keys"])
    sql.execute(ADD, [a_row("dana"), a_row("kim"), a_row("lee", kind="round")])
    for keys in (["dana"], ["kim", "dana", "lee"], [], ["dana", "nobody"], ["kim"]):
        found = sql.execute(find, {"keys": keys, "kind": "reminder"}).scalars().all()
        assert found == sorted({"dana", "kim"} & set(keys))


def test_a_list_that_is_not_named_is_refused(sql: sa.Connection) -> None:
    with pytest.raises(TypeError, match="depends on its values"):
        sql.execute(Prepared(sa.select(due.c.key).where(due.c.key.in_(["dana", "kim"]))))


def test_many_rows_are_inserted_by_few_statements(sql: sa.Connection) -> None:
    add = Prepared.rows(due)
    for count in (1, 2, 3, 100):
        rows = [a_row(f"{count}.{n}", attempts=n) for n in range(count)]
        assert sql.execute(add, rows).rowcount == count
        found = sql.execute(sa.select(due).where(due.c.key.like(f"{count}.%"))).mappings().all()
        assert {row["key"]: row["attempts"] for row in found} == {row["key"]: row["attempts"] for row in rows}
        assert all((row["at"], row["data"]) == (NOW, {"after": ["P1D"]}) for row in found)


def test_many_rows_keep_every_character_and_every_blank(sql: sa.Connection) -> None:
    texts = ["it's", 'a "quote"', "back\\slash", "{1,2}", "\n\t", "%s ? :name", "", "null", "\u00e9\U0001f642"]
    sql.execute(Prepared.rows(due), [a_row(f"{n}", subject=text, data={text: [None]}) for n, text in enumerate(texts)])
    found = sql.execute(sa.select(due.c.subject, due.c.data).order_by(due.c.key)).all()
    assert [tuple(row) for row in found] == [(text, {text: [None]}) for text in texts]


def test_of_many_rows_none_is_inserted_when_one_is_refused(sql: sa.Connection) -> None:
    with pytest.raises(IntegrityError):
        sql.execute(Prepared.rows(due), [a_row("dana"), a_row("dana")])
    sql.rollback()
    assert sql.execute(sa.select(due)).all() == []


def test_on_sqlite_it_may_say_by_which_index(sql: sa.Connection) -> None:
    by_time = next(index for index in due.indexes if index.name == "due_at")
    find = Prepared(sa.select(due.c.key).where(due.c.at <= sa.bindparam("now")), indexed=by_time)
    sql.execute(ADD, [a_row("dana"), a_row("kim")])
    assert sorted(sql.execute(find, {"now": NOW}).scalars()) == ["dana", "kim"]
    if sql.dialect.name == "sqlite":
        sql.exec_driver_sql("DROP INDEX due_at")
        with pytest.raises(OperationalError, match="no such index: due_at"):
            sql.execute(find, {"now": NOW})
