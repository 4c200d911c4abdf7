"""`pile review`: what people look at and decide about licences."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, json_option, plain, table

if TYPE_CHECKING:
    from pile_assets.deployment import Session


@click.group(epilog=EXIT_CODES)
def review() -> None:
    """Look at licence evidence, at what is held, at samples; and record what was decided."""


def _session(*, rehearse: bool = False) -> "Session":
    from pile_assets.deployment import Deployment

    return Deployment.from_environment().open(rehearse=rehearse)


# -- evidence ------------------------------------------------------------------------------------------------------

by_option = click.option("--by", required=True, help="Who stands for it: a role, not a private person.")
reason_option = click.option("--reason", required=True, help="Why, in a sentence that the next reviewer understands.")


@review.command(epilog=EXIT_CODES)
@click.argument("source")
@click.option("--offline", is_flag=True, help="Show the last look, and fetch nothing.")
@json_option
@click.pass_context
def evidence(context: click.Context, source: str, offline: bool, as_json: bool) -> None:
    """Fetch the evidence pages of a source and compare them with its record. Exits 1 where one has drifted."""
    from pile_assets.review import looking

    session = _session()
    record = looking.record_of(session, source)
    if offline:
        found = session.state.evidence(source)
    else:
        with session.view.store.lock("pile review", exclusive=True, name=f"lock-evidence-{source}", wait=True):
            found = looking.look(session, source)
    drift = found.drift(record)
    if as_json:
        terminal.print_json({"source": source, **found.as_dict(), "drift": [finding.url for finding in drift]})
    else:
        rows = [(f.url, f.state, f.recorded[:12], (f.found or "")[:12], f.detail) for f in found.findings]
        table(f"Evidence of {source}, looked at on {found.on}", ["page", "", "recorded", "found", "what"], rows)
        for finding in drift:
            quote = next(entry.quote for entry in record.evidence if entry.url == finding.url)
            click.echo(f"The record quotes: “{plain(quote)}”")
            if finding.found:
                click.echo(f"The page as found: {session.state.evidence_page(source, finding.found)}")
        click.echo(f"{len(drift)} pages have drifted." if drift else "No page has drifted.")
    if drift:
        context.exit(FAILED)


@review.command(epilog=EXIT_CODES)
@click.argument("source")
@by_option
@reason_option
@json_option
def clear(source: str, by: str, reason: str, as_json: bool) -> None:
    """Say, as a reviewer, that the drifted evidence pages of a source still state the same licence."""
    from pile_assets.review import looking

    session = _session()
    with session.view.store.lock("pile review", exclusive=True, name=f"lock-evidence-{source}", wait=True):
        cleared = [finding.url for finding in looking.clear(session, source, by, reason)]
    if as_json:
        return terminal.print_json({"source": source, "cleared": cleared})
    return click.echo(f"Cleared: {', '.join(cleared)}. The next build takes the source up again.")


# -- changes of licence --------------------------------------------------------------------------------------------


@review.command(epilog=EXIT_CODES)
@click.argument("source", required=False)
@json_option
def changes(source: str | None, as_json: bool) -> None:
    """List where publishers changed the licence of documents they had published, and what waits for a reviewer."""
    from dataclasses import asdict

    from pile_assets.review.changes import Changes

    session = _session(rehearse=True)
    found = Changes(session.view.store).all(source)
    records = [
        {"source": name, **asdict(event), "holds": event.refusal(record) is not None}
        for name, record in session.registry.records.items()
        for event in session.state.relicensed(name)
        if source in (None, name)
    ]
    if as_json:
        return terminal.print_json([*map(asdict, found), *records])
    rows = []
    for change in records:
        said = f"The record names {change['after']} where it named {change['before']}."
        rows.append((change["source"], "", said, "held" if change["holds"] else "", ""))
    for event in found:
        word = f"accepted by {event.accepted.by}: {event.accepted.reason}" if event.accepted else "held" if event.holds else ""
        rows.append((event.source, event.partition, f"{event.said}.", word, ", ".join(event.examples)))
    table("Changes of licence, the newest of a partition last", ["source", "partition", "change", "", "for example"], rows)
    return None if rows else click.echo("No publisher has changed the licence of anything in the corpus.")


@review.command(epilog=EXIT_CODES)
@click.argument("source")
@click.argument("partition")
@by_option
@reason_option
@json_option
def accept(source: str, partition: str, by: str, reason: str, as_json: bool) -> None:
    """Let a partition take up the licence its publisher changed it to; each document is still judged by the new one."""
    from pile_assets.review.changes import Accepted, Changes

    session = _session()
    event = Changes(session.view.store).accept(source, partition, Accepted(by, reason, session.today.isoformat()))
    if as_json:
        return terminal.print_json({"source": source, "partition": partition, "accepted": event.said})
    return click.echo(f"Accepted. {event.said}. The next build takes the new version up.")


# -- queue ---------------------------------------------------------------------------------------------------------


@review.command(epilog=EXIT_CODES)
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only this source; may be given several times.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most clusters to list.")
@json_option
def queue(sources: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List held documents by what was said of them, most first: one decision clears all that say the same."""
    from pile_assets.review import queue as waiting

    found = waiting.clusters(waiting.held(_session(rehearse=True), sources))
    total = sum(cluster.documents for cluster in found)
    if as_json:
        return terminal.print_json({"documents": total, "clusters": [cluster.as_dict() for cluster in found]})
    for number, cluster in enumerate(found[:limit], 1):
        terminal.facts(
            f"{number}. {cluster.cause}",
            {
                "documents": cluster.documents,
                "sources": terminal.counts(dict(cluster.sources.most_common())),
                "statement": cluster.statement or "nothing",
                "by a decision": "can be settled" if cluster.decidable else "cannot be settled: it needs a better statement",
                "for example": ", ".join(cluster.examples),
                "reason": cluster.reason,
            },
        )
    shown = min(limit, len(found))
    return click.echo(f"Held: {total:,} documents in {len(found):,} clusters; the first {shown:,} are shown.")


@review.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def preview(file: Path, as_json: bool) -> None:
    """Say what the decisions in FILE would admit and reject, before the file is put into the registry's decisions/."""
    from pile_assets.registry.load import read_decisions
    from pile_assets.review import queue as waiting

    found = waiting.preview(waiting.held(_session(rehearse=True)), read_decisions(file)).as_dict()
    if as_json:
        return terminal.print_json(found)
    for title in ("admitted", "rejected", "still_held"):
        table(title.replace("_", " ").capitalize(), ["licence or reason", "documents"], list(found[title].items()))
    click.echo(f"Admitted in: {terminal.counts(found['sources']) or 'no source'}. For example: {', '.join(found['examples'])}")
    return click.echo(f"Put {file.name} into decisions/ of the registry to have it so.")


# -- samples -------------------------------------------------------------------------------------------------------


@review.command(epilog=EXIT_CODES)
@click.argument("source")
@click.option("--n", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many documents.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same documents.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the file to fill in.")
@json_option
def sample(source: str, n: int, seed: int, out: Path | None, as_json: bool) -> None:
    """Draw documents of a source that nobody chose, as a file in which a person puts true or false after "wrong"."""
    from pile_assets.review import looking
    from pile_assets.review import sample as sampling

    session = _session(rehearse=True)
    looking.record_of(session, source)
    rows = sampling.draw(session, source, n, seed)
    path = out or Path(f"{source}-sample.jsonl")
    sampling.write(rows, path)
    if as_json:
        return terminal.print_json({"file": str(path), "seed": seed, "documents": [row["id"] for row in rows]})
    return click.echo(
        f'Wrote {len(rows)} documents to {path}. Open each at its publisher, put true or false after "wrong", and run '
        f"`pile review record {source} --file {path}`."
    )


@review.command(epilog=EXIT_CODES)
@click.argument("source")
@click.option("--file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The judged sample.")
@json_option
def record(source: str, file: Path, as_json: bool) -> None:
    """Put the counts of a judged sample into the source's record, and keep the sample beside it."""
    from pile_assets.review import looking
    from pile_assets.review import sample as sampling

    session = _session()
    looking.record_of(session, source)
    judged = sampling.read(session, source, file)
    sampling.record(session, source, judged)
    found = judged.sample
    if as_json:
        counted = {"n": found.n, "wrong": found.wrong, "at_most": round(found.at_most, 4)}
        return terminal.print_json({"source": source, **counted, "repeated": judged.repeated})
    click.echo(f"{source}: {found.wrong} wrong of {found.n}. With 95 % confidence at most {found.at_most:.1%} are wrong.")
    if not judged.repeated:
        click.echo("The draw gives other documents today: the corpus has changed, or somebody chose. Look at it again.")
    if found.n < 20:
        click.echo("`verified` needs at least 20.")
    return click.echo("Who stands for it sets review.status, review.by and review.on in the record.")


COMMANDS = (review,)
