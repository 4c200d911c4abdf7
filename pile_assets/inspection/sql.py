"""The store as tables of an in-memory DuckDB: one view per stage over the files of the committed manifests.

What belongs here: making those views, and running one query that can do nothing but read them. What may not: questions of
our own (`find`, `lineage`), output formats (`console`). The connection reaches files under PILE_HOME/store and nothing
else: no network, no extension is loaded, no statement but a query is run.

    documents, raw, cleaned, signatures, eligible, "unique" one row per document (raw: per file); with source and partition
    suppressions                                            documents that the takedown ledger keeps out
    attributes_<filter>                                     the same, one view per filter that has been run
    shards                                                  the rows of every shard; with domain and shard
    upstream                                                the catalogue: one row per source partition
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pile_assets import schemas
from pile_assets.errors import PileError
from pile_assets.steps import TERMS
from pile_assets.store import Address, Manifest, Store

STAGES: Mapping[str, Mapping[str, Any]] = {
    "raw": schemas.RAW,
    "documents": schemas.DOCUMENTS,
    "cleaned": schemas.CLEANED,
    "signatures": schemas.SIGNATURES,
    "suppressions": schemas.SUPPRESSIONS,
    "eligible": schemas.ELIGIBLE,
    "unique": schemas.UNIQUE,
}
"""The stages every source has; any other stage of a source is a filter's."""

MEMORY = "1GB"
THREADS = 2

_TYPES = {pl.String: "VARCHAR", pl.Int64: "BIGINT", pl.Boolean: "BOOLEAN", pl.Binary: "BLOB"}
_UPSTREAM = {
    "version": "VARCHAR",
    "present": "BOOLEAN",
    "withdrawals": "BIGINT",
    "documents": "BIGINT",
    "bytes": "BIGINT",
    "url": "VARCHAR",
}


@dataclass(frozen=True)
class Answer:
    """What a query gave: column names, and the rows, which can be read once."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]

    def records(self) -> Iterator[dict[str, Any]]:
        """The rows as name -> value."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


class Tables:
    """A read-only connection to the store's tables; use it as a context manager."""

    def __init__(self, store: Store):
        self._connection = duckdb.connect(":memory:", config=_settings(store))
        self._connection.execute("create schema files")  # apart, so that SHOW TABLES lists what a person asks for
        files = _files_by_view(store)
        self.views = tuple(sorted({*STAGES, "shards", "upstream", *files}))
        for view in self.views:
            if view != "upstream":
                self._create(view, files.get(view, []))
        self._create_upstream(store)
        _lock_down(self._connection, store)

    def __enter__(self) -> "Tables":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, query: str, parameters: Sequence[Any] = ()) -> Answer:
        """Run one query. Raises PileError where it is not one query, or cannot be answered."""
        try:
            statements = self._connection.extract_statements(query)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise PileError(
                    "This is not a single query, and `pile sql` only reads.",
                    remedy="Ask one SELECT, FROM, VALUES, DESCRIBE, SHOW or SUMMARIZE; a PIVOT needs its IN list.",
                )
            result = self._connection.execute(statements[0], list(parameters))
            return Answer(tuple(column[0] for column in result.description or ()), _rows(result))
        except duckdb.Error as error:
            raise _refused(error, self.views) from error

    def _create(self, view: str, files: list[tuple[Path, str, str]]) -> None:
        first, second = ("domain", "shard") if view == "shards" else ("source", "partition")
        if not files:
            schema = {**dict.fromkeys((first, second), pl.String), **(STAGES.get(view) or schemas.SHARD_ROWS)}
            columns = ", ".join(f'cast(null as {_TYPES[dtype]}) as "{name}"' for name, dtype in schema.items())
            self._connection.execute(f'create view "{view}" as select {columns} where false')
            return
        paths = [str(path) for path, _, _ in files]
        places = [paths, [owner for _, owner, _ in files], [partition for _, _, partition in files]]
        self._connection.execute(f'create table files."{view}" (filename varchar, {first} varchar, {second} varchar)')
        self._connection.execute(f'insert into files."{view}" select unnest(?), unnest(?), unnest(?)', places)
        doubled = f"filename, {first}, {second}" if view == "documents" else "filename"
        listed = ", ".join(map(_quoted, paths))
        self._connection.execute(
            f'create view "{view}" as select f.{first}, f.{second}, t.* exclude ({doubled}) '
            f'from read_parquet([{listed}], filename = true, union_by_name = true) t join files."{view}" f using (filename)'
        )

    def _create_upstream(self, store: Store) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind in _UPSTREAM.items())
        self._connection.execute(f"create table upstream (source varchar, partition varchar, {columns})")
        rows = list(_catalogue_rows(store.home / "state" / "catalogue"))
        if rows:
            slots = ", ".join("unnest(?)" for _ in range(len(_UPSTREAM) + 2))
            self._connection.execute(
                f"insert into upstream select {slots}", [list(column) for column in zip(*rows, strict=True)]
            )


def _settings(store: Store) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",  # a table name must never reach a variable of this process
        "memory_limit": MEMORY,
        "threads": THREADS,
        "temp_directory": str(store.home / "spill"),  # made when a query needs it, and removed by DuckDB afterwards
    }


def _lock_down(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    connection.execute(f"set allowed_directories = [{_quoted(str(store.home / 'store'))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _files_by_view(store: Store) -> dict[str, list[tuple[Path, str, str]]]:
    """View -> (file, source or domain, partition or shard) of every committed manifest."""
    found: dict[str, list[tuple[Path, str, str]]] = {}
    for address in store.addresses():
        view = view_of(address)
        manifest = store.manifest(address) if view else None
        if view and manifest is not None:
            found.setdefault(view, []).extend((path, address.name, address.partition) for path in store.paths(manifest))
    return found


def view_of(address: Address) -> str | None:
    """The view that shows a stage's files; None for stages that have none."""
    if address.owner.startswith("sources/"):
        return address.stage if address.stage in STAGES else f"attributes_{address.stage}"
    return "shards" if address.stage == "shards" else None


def filters_of(eligible: Manifest) -> tuple[str, ...]:
    """The filters whose attributes a partition's verdicts were decided on."""
    return tuple(stage for stage in eligible.inputs if stage not in STAGES and stage not in ("upstream", TERMS))


def _catalogue_rows(folder: Path) -> Iterable[tuple[Any, ...]]:
    for path in sorted(folder.glob("*.json")):
        for partition, entry in sorted(json.loads(path.read_bytes()).items()):
            yield (path.stem, partition, *(entry[name] for name in _UPSTREAM))


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(1000):
        yield from rows


def _refused(error: duckdb.Error, views: Iterable[str]) -> PileError:
    return PileError(
        f"DuckDB refuses the query: {str(error).strip()}",
        remedy=f"The tables are {', '.join(views)}; `pile sql 'DESCRIBE documents'` lists the columns of one. "
        'The word unique is SQL\'s own: write "unique".',
    )
