"""The library's own recorder on its own tables: the control that has to fail."""

from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

SCHEMA = "library"


@contextmanager
def library_recorder(
    address: str, *, db_functions: bool = False, pool_size: int = 10
) -> Iterator[PostgresApplicationRecorder]:
    """As an administrator, in a scratch database: it makes its tables itself."""
    at = conninfo_to_dict(address)
    datastore = PostgresDatastore(
        dbname=str(at["dbname"]),
        host=str(at["host"]),
        port=str(at.get("port", 5432)),
        user=str(at["user"]),
        password=str(at.get("password", "")),
        schema=SCHEMA,
        pool_size=pool_size,
        enable_db_functions=db_functions,
    )
    try:
        with datastore.get_connection() as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        recorder = PostgresApplicationRecorder(datastore)
        recorder.create_table()
        yield recorder
    finally:
        datastore.close()
