"""`pile status`, `lineage`, `find`, `sql` and `verify`: reading the store. They write nothing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, Bytes, counts, existing_store, json_option, plain, table

if TYPE_CHECKING:
    from pile_assets.inspection.lineage import DocumentLineage, ShardLineage
    from pile_assets.inspection.rebuild import Rebuilt
    from pile_assets.inspection.sql import Answer
    from pile_assets.inspection.status import NotAdmitted, SourceStatus, Status

REASONS_SHOWN = 12
DAMAGED_SHOWN = 12
PARTITIONS_SHOWN = 6
CELL = 200
"""Characters of one value in a table of `pile sql`; csv and json give it whole."""
ROWS_SHOWN = 200
WAYS = ("url", "site", "doi", "isbn", "title", "author")
"""What `pile find` can be told to look by, as `inspection.find` has them."""
COLUMNS_SHOWN = 12
"""With more columns than this, each row is shown as names and values."""


# -- status --------------------------------------------------------------------------------------------------------


@click.command(epilog=EXIT_CODES)
@click.option("--held", is_flag=True, help="List the documents that were held or rejected: partition, reason, examples.")
@click.argument("source", required=False)
@json_option
def status(held: bool, source: str | None, as_json: bool) -> None:
    """Show where every source, its documents, the shards and the latest release stand.

    SOURCE limits `--held` to one source, and the rest to its own line.
    """
    from dataclasses import asdict, replace

    from pile_assets.deployment import Deployment
    from pile_assets.errors import PileError
    from pile_assets.inspection import status as reading

    session = Deployment.from_environment().open(rehearse=True)
    if held:
        listed = reading.not_admitted(session, source)
        return terminal.print_json([asdict(item) for item in listed]) if as_json else _show_held(listed)
    whole = reading.read(session)
    if source:
        whole = replace(whole, sources=tuple(one for one in whole.sources if one.source == source))
        if not whole.sources:
            raise PileError(f"There is no source {source!r}.", remedy="Run `pile sources list`.")
    if as_json:
        problems = [problem.as_dict() | {"problems": list(problem.problems)} for problem in whole.problems]
        return terminal.print_json(asdict(replace(whole, problems=())) | {"problems": problems})
    return _show_status(whole)


def _show_status(whole: "Status") -> None:
    click.echo(f"Store: {whole.home}\n")
    show_sources(whole)
    for source in whole.sources:
        _show_reasons(source)
    rows = [(n["source"], n["partition"], n["stage"], n["cause"], n["remedy"]) for n in whole.quarantined()]
    table("In quarantine", ["source", "partition", "stage", "cause", "next step"], rows)
    show_alerts(whole)
    _show_corpus(whole)
    show_registry_problems(whole)


def show_sources(whole: "Status") -> None:
    """The table of sources: how many partitions, and what became of their documents."""
    rows = [
        (
            source.source,
            source.standing,
            source.partitions.present,
            source.partitions.withdrawn,
            source.partitions.quarantined,
            source.partitions.stale,
            source.documents.accepted,
            source.documents.held,
            source.documents.rejected,
            source.documents.kept,
            source.documents.duplicates,
            sum(source.documents.dropped.values()),
            counts(source.documents.families),
        )
        for source in whole.sources
        if source.standing not in ("off", "left") or source.documents.found
    ]
    columns = ["source", "", "partitions", "withdrawn", "quarantined", "stale", "accepted", "held", "rejected"]
    table("Sources (documents)", [*columns, "kept", "duplicates", "dropped", "kept by licence family"], rows)
    for source in whole.sources:
        if source.standing in ("frozen", "refused", "broken", "left"):
            click.echo(f"{source.source} is {source.standing}: {plain(source.reason or '')}")


def show_alerts(whole: "Status") -> None:
    """Work that the daemon has given up; a build by hand tries it again."""
    rows = [(a.work, len(a.partitions) or None, a.attempts, a.cause, a.remedy) for a in whole.alerts]
    table("Given up by the daemon", ["work", "partitions", "attempts", "cause", "next step"], rows)


def _show_reasons(source: "SourceStatus") -> None:
    documents = source.documents
    if not documents.found:
        return
    table(
        f"{source.source}: held and rejected by the licence step (all: pile status --held {source.source})",
        ["documents", "reason", "partitions"],
        _reasons(source),
    )
    rows = [
        ("dropped", counts(documents.dropped, REASONS_SHOWN)),
        ("licences accepted", counts(documents.licences, REASONS_SHOWN)),
        ("files that are no documents", counts(documents.skipped, REASONS_SHOWN)),
    ]
    table(f"{source.source}: what else", ["", "documents or files"], [row for row in rows if row[1]])
    damaged = [(partition, problem) for partition, problems in source.damaged.items() for problem in problems]
    table(f"{source.source}: damaged input, left out", ["partition", "file and what is wrong with it"], damaged[:DAMAGED_SHOWN])
    if len(damaged) > DAMAGED_SHOWN:
        click.echo(f"{len(damaged) - DAMAGED_SHOWN} more; --json gives all that the manifests keep.\n")


def _reasons(source: "SourceStatus") -> list[tuple[int, str, str]]:
    rows = []
    for reason, count in list(source.documents.not_admitted.items())[:REASONS_SHOWN]:
        places = [partition for partition, reasons in source.not_admitted.items() if reason in reasons]
        more = f" and {len(places) - PARTITIONS_SHOWN} more" if len(places) > PARTITIONS_SHOWN else ""
        rows.append((count, reason, ", ".join(places[:PARTITIONS_SHOWN]) + more))
    left = list(source.documents.not_admitted.values())[REASONS_SHOWN:]
    return [*rows, (sum(left), f"{len(left)} more reasons", "")] if left else rows


def _show_held(listed: "list[NotAdmitted]") -> None:
    rows = [(i.source, i.partition, i.verdict, i.documents, i.detail, ", ".join(i.examples)) for i in listed]
    table("Held and rejected", ["source", "partition", "verdict", "documents", "reason, first example's", "for example"], rows)
    if not rows:
        click.echo("No document of a present partition is held or rejected.")


def _show_corpus(whole: "Status") -> None:
    table(
        "Shards",
        ["domain", "shards", "rows", "bytes", "target", "largest / mean", "sources per shard"],
        [
            (d.domain, d.shards, d.rows, Bytes(d.bytes), Bytes(d.target_bytes), d.skew, _spread(list(d.sources.values())))
            for d in whole.domains
        ],
    )
    pairs = [(source, other, count) for source, row in whole.duplicates.items() for other, count in row.items()]
    table("Duplicates", ["dropped from", "kept in", "documents"], pairs)
    if whole.release:
        facts = whole.release
        click.echo(
            f"Release {facts['release']}. Shards: {facts['shards']}. Rows: {facts['rows']:,}. Size: {Bytes(facts['bytes'])}."
        )
    else:
        click.echo("No release yet: run `pile build`.")


def _spread(values: list[int]) -> str:
    return f"{min(values)} to {max(values)}" if values else ""


def show_registry_problems(whole: "Status") -> None:
    """Records that cannot be used, field by field."""
    for problem in whole.problems:
        click.echo(f"registry: {plain(problem.cause)} Next: {plain(problem.remedy)}", err=True)


# -- lineage -------------------------------------------------------------------------------------------------------


@click.command(epilog=EXIT_CODES)
@click.argument("name", metavar="SHARD|DOCUMENT")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="Most duplicates of a document to list.")
@json_option
def lineage(name: str, limit: int, as_json: bool) -> None:
    """Show what a shard was made of, or where a document came from and where it went.

    A shard is named DOMAIN/SHARD, as `pile status` and `pile sql 'FROM shards'` do, a document by its id SOURCE:NAME. Of a
    duplicate the kept document is named, of a kept document those that were dropped for it.
    """
    from dataclasses import asdict

    from pile_assets.inspection import lineage as following
    from pile_assets.inspection.sql import Tables

    store = existing_store()
    if ":" not in name:
        shard = following.shard(store, name)
        return terminal.print_json(asdict(shard)) if as_json else _show_shard(shard)
    with Tables(store) as tables:
        document = following.document(store, tables, name, limit)
    return terminal.print_json(asdict(document)) if as_json else _show_document(document)


def _show_shard(shard: "ShardLineage") -> None:
    rows = [
        (
            part.source,
            part.partition,
            part.documents,
            Bytes(part.bytes),
            part.upstream,
            part.documents_version,
            part.unique_version,
        )
        for part in shard.partitions
    ]
    columns = ["source", "partition", "documents", "bytes", "upstream version", "documents version", "unique version"]
    table(f"Shard {shard.shard}, version {shard.data_version}", columns, rows)
    click.echo(f"Rows: {shard.rows:,}, as listed. Size: {Bytes(shard.bytes)}. Files: {len(shard.files)}.")
    if not shard.current:
        click.echo("A build is due that will write this shard again: run `pile build`.")


def _show_document(document: "DocumentLineage") -> None:
    terminal.facts(f"Document {document.id}", {"source": document.source, "partition": document.partition, **document.text})
    click.echo(f"{document.standing}: {plain(document.because)}\n")
    terminal.facts("Raw file", document.raw)
    signals = (document.raw.get("capture") or {}).get("signals", [])
    wishes = [[signal[name] for name in ("where", "kind", "value", "reserves")] for signal in signals]
    table("What its publisher wishes", ["where", "form", "said", "reserves use"], wishes)
    tables = ("evidence", "public_domain")
    terminal.facts("Licence", {name: value for name, value in document.licence.items() if name not in tables})
    columns = ["answer", "until", "rule", "why"]
    terms = [[place, *(known[name] for name in columns)] for place, known in sorted(document.licence["public_domain"].items())]
    table("Public domain: the answer to the end of a year, and yes after it", ["where", *columns], terms)
    columns = ["kind", "who", "where", "scope", "raw", "spdx", "status", "rule"]
    evidence = [[claim[column] for column in columns] for claim in document.licence["evidence"]]
    table("Licence evidence, nearest first", columns, evidence)
    terminal.facts("Filters", {name: _measured(row) for name, row in document.filters.items()})
    terminal.facts("Cleaned text", document.cleaned or {})
    terminal.facts("Policy", document.policy or {})
    terminal.facts("Duplicates step", document.duplicate or {})
    terminal.facts("Shard row", document.shard or {})
    columns = ["document", "source", "partition", "verdict", "agreement"]
    table("Dropped as duplicates of it", columns, [list(row.values()) for row in document.duplicates])
    total, listed = sum(document.duplicates_by_source.values()), len(document.duplicates)
    if total > listed:
        by_source = counts(document.duplicates_by_source, REASONS_SHOWN)
        click.echo(f"There are {total:,} of them ({by_source}); the first {listed:,} are listed, --limit {total} lists all.")
    if not document.current:
        click.echo("A build is due that will judge this document again: run `pile build`.")


def _measured(row: Mapping[str, Any]) -> str:
    """A filter's values in one line; it has none where it does not apply to the kind of text."""
    values = [f"{name} {_short(value)}" for name, value in row.items() if value is not None]
    return ", ".join(values) or "does not apply to this kind of text"


# -- find ----------------------------------------------------------------------------------------------------------


@click.command(epilog=EXIT_CODES)
@click.argument("text")
@click.option("--by", type=click.Choice(WAYS), help="Look by this only.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Most documents to list.")
@json_option
def find(text: str, by: str | None, limit: int, as_json: bool) -> None:
    """Find documents by a piece of their id, address, title or author, by site, DOI or ISBN, in any letter case.

    Held and dropped documents are found too, with their verdict. The page find/index.html of a release answers the same for
    what is in it, to people who have no tools.
    """
    from dataclasses import asdict

    from pile_assets.inspection.find import find as look_for
    from pile_assets.inspection.sql import Tables

    with Tables(existing_store()) as tables:
        found, total = look_for(tables, text, limit, by)
    if as_json:
        return terminal.print_json({"total": total, "documents": [asdict(document) for document in found]})
    rows = [(d.id, d.title if d.title and d.title not in d.id else None, d.author, d.licence, d.verdict) for d in found]
    table("Documents", ["id", "title", "author", "licence", "verdict"], rows, unbroken=True)
    return click.echo(f"Found: {total:,}." if total == len(found) else f"Found: {total:,}; the first {len(found):,} are shown.")


# -- sql -----------------------------------------------------------------------------------------------------------


@click.command(epilog=EXIT_CODES)
@click.argument("query")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@json_option
def sql(query: str, form: str, as_json: bool) -> None:
    """Ask the store in SQL (DuckDB), reading only.

    Tables: documents, raw, cleaned, signatures, eligible, "unique" (in quotes), shards, upstream, and attributes_FILTER
    for each filter. "SHOW TABLES" lists them, "DESCRIBE documents" the columns of one.
    """
    from pile_assets.inspection.sql import Tables

    with Tables(existing_store()) as tables:
        answer = tables.ask(query)
        if as_json or form == "json":
            terminal.print_json(list(answer.records()))
        elif form == "csv":
            _write_csv(answer)
        else:
            _show_answer(answer)


def _write_csv(answer: "Answer") -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([terminal.json_value(v) if isinstance(v, bytes) else v for v in row] for row in answer.rows)


def _show_answer(answer: "Answer") -> None:
    from itertools import islice

    rows = [[_short(value) for value in row] for row in islice(answer.rows, ROWS_SHOWN + 1)]
    if len(answer.columns) > COLUMNS_SHOWN:
        for number, row in enumerate(rows[:ROWS_SHOWN], 1):
            terminal.facts(f"Row {number}", dict(zip(answer.columns, row, strict=True)))
    else:
        table("", answer.columns, rows[:ROWS_SHOWN])
    if len(rows) > ROWS_SHOWN:
        click.echo(f"The first {ROWS_SHOWN} rows; --format csv or json gives all.")
    elif not rows:
        click.echo(f"No rows. Columns: {', '.join(answer.columns)}")


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= CELL else f"{text[:CELL]}… ({len(text):,} characters)"


# -- verify --------------------------------------------------------------------------------------------------------


@click.command(epilog=EXIT_CODES)
@click.option("--rebuild", is_flag=True, help="Also build the corpus again from its raw bytes, aside, and compare every byte.")
@click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="For --rebuild.")
@json_option
@click.pass_context
def verify(context: click.Context, rebuild: bool, threads: int, as_json: bool) -> None:
    """Check every promise of the store against its bytes, and list all that is wrong at once.

    Files are there with the promised bytes; shard rows are complete and those the manifest lists; no row lacks an
    accepted licence; documents in equal documents out plus drops; releases have the digests they are named by. With
    --rebuild also: building step by step has led to what building from nothing leads to, decisions, shards and manifests.
    """
    from pile_assets.inspection import verify as verifying

    store = existing_store()
    rebuilt = None
    with store.lock("pile verify", exclusive=rebuild), terminal.progress() as progress:
        found = verifying.verify(store, progress)
        if rebuild and not found.problems:
            rebuilt = _rebuild(threads, progress)
    problems = [problem.as_dict() for problem in (*found.problems, *(rebuilt.problems if rebuilt else ()))]
    again = {"partitions": rebuilt.partitions, "manifests": rebuilt.manifests} if rebuilt else {}
    if as_json:
        told = {"rebuilt": again | {"as_they_stand": rebuilt.as_they_stand}} if rebuilt else {}
        terminal.print_json({"whole": not problems, **found.figures, **told, "problems": problems})
    else:
        table("Problems", ["check", "place", "found", "next step"], [list(problem.values()) for problem in problems])
        read = ", ".join(f"{count:,} {what}" for what, count in found.figures.items())
        click.echo(f"{len(problems)} problems in {read}." if problems else f"All is whole: {read}.")
        if rebuilt:
            _show_rebuilt(rebuilt)
    if problems:
        context.exit(FAILED)


def _rebuild(threads: int, progress: terminal.Progress) -> "Rebuilt":
    from pile_assets.deployment import Deployment
    from pile_assets.inspection.rebuild import rebuild

    return rebuild(Deployment.from_environment().open(), threads=threads, progress=progress)


def _show_rebuilt(rebuilt: "Rebuilt") -> None:
    equal = "differs" if rebuilt.problems else "is the same, byte by byte"
    click.echo(
        f"Built again from the raw bytes of {rebuilt.partitions:,} partitions, it {equal}: {rebuilt.manifests:,} manifests."
    )
    if rebuilt.as_they_stand:
        listed = ", ".join(rebuilt.as_they_stand[:PARTITIONS_SHOWN])
        click.echo(f"Taken as they stand, being in quarantine, failing or frozen: {len(rebuilt.as_they_stand)} ({listed}).")


COMMANDS = (status, lineage, find, sql, verify)
