"""`pile takedown`: receiving, deciding and following requests to take documents out. Removing bytes is `purging`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pile_assets.console import purging, terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, counts, json_option, plain, table

if TYPE_CHECKING:
    from pile_assets.deployment import Deployment, Session
    from pile_assets.licensing.takedowns.model import Takedown
    from pile_assets.withdrawal.reach import Reach


@click.group(epilog=EXIT_CODES)
def takedown() -> None:
    """Take documents out of the corpus on request, and show what became of requests.

    A request takes effect when it is written, before anybody has decided on it. docs/takedowns.md is for whoever receives one.
    """


KINDS = ("doc_id", "url_prefix", "author_key", "source", "repo", "doi", "content_hmac")
REASONS = (
    *("wrong_licence", "licence_laundering", "personal_data", "opt_out_preference", "court_order", "upstream_deleted"),
    *("pd_status_error", "other"),
)
ROLES = ("rightsholder", "agent", "data_subject", "upstream_withdrawal", "maintainer", "regulator")
CHANNELS = ("form", "email", "issue", "upstream_feed", "internal_audit")
BASES = ("legal", "voluntary")
STATES = ("pending_quarantined", "granted", "partially_granted", "refused", "reversed")
OLDER_RELEASES = ("kept", "withdrawn", "rewritten")
"""The words of `licensing.takedowns.model`, which is not imported before a command runs."""


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- add -----------------------------------------------------------------------------------------------------------


@takedown.command(epilog=EXIT_CODES)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("value")
@click.option("--reason", type=click.Choice(REASONS), required=True, help="Why it is asked for.")
@click.option("--role", type=click.Choice(ROLES), required=True, help="Who asks.")
@click.option("--channel", type=click.Choice(CHANNELS), default="issue", show_default=True, help="How it came.")
@click.option("--basis", type=click.Choice(BASES), default="legal", show_default=True)
@click.option("--received", metavar="DAY", help="When it came, as YYYY-MM-DD; by default now.")
@click.option("--case-sensitive", is_flag=True, help="Letter case counts in VALUE.")
@click.option("--future/--no-future", default=True, show_default=True, help="Also what arrives later, and the same text again.")
@click.option("--near-duplicates", is_flag=True, help="Also what resembles it, which else may take its place.")
@click.option("--yes", is_flag=True, help="Write it without asking.")
@json_option
def add(kind: str, value: str, yes: bool, as_json: bool, **given: Any) -> None:
    """Receive a request: show what it means, write it to the ledger, and take its documents out.

    KIND says what VALUE is: a document id, the beginning of an address, an author's name, a source, a repository, a DOI, or
    the keyed hash that `pile takedown fingerprint` prints.
    """
    deployment, session = _session()
    entry = _received(session, kind, value, given)
    reach = _reach(session, entry)
    if not as_json:
        _show_reach(reach)
    if not yes and (as_json or not click.confirm(f"Write {entry.id} and take these documents out?")):
        result = {"written": False, "id": entry.id, "matches": reach.as_dict()}
        return terminal.print_json(result) if as_json else click.echo("Nothing was written.")
    session.vault.append(entry)
    applied = _apply(deployment)
    if as_json:
        return terminal.print_json({"written": True, "id": entry.id, "matches": reach.as_dict(), **applied})
    click.echo(f"{entry.id} is in the ledger.")
    return _show_applied(applied)


def _session() -> "tuple[Deployment, Session]":
    from pile_assets.deployment import Deployment

    deployment = Deployment.from_environment()
    return deployment, deployment.open()


def _received(session: "Session", kind: str, value: str, given: Mapping[str, Any]) -> "Takedown":
    """The request as an entry. Raises PileError naming the option at fault."""
    now = _now()
    return _valid(
        {
            "id": _next_id(session, now[:4]),
            "received": given["received"] or now,
            "requester_role": given["role"],
            "channel": given["channel"],
            "reason": given["reason"],
            "basis": given["basis"],
            "scope": {
                "kind": kind,
                "value": value,
                "case_sensitive": given["case_sensitive"],
                "future": given["future"],
                "near_duplicates": given["near_duplicates"],
            },
            "decision": {"state": "pending_quarantined", "on": now},
            "history": [[given["received"] or now, "received"], [now, "quarantined"]],
        }
    )


def _valid(content: Mapping[str, Any]) -> "Takedown":
    from pydantic import ValidationError

    from pile_assets.errors import PileError
    from pile_assets.licensing.takedowns.model import Takedown

    try:
        return Takedown.model_validate(content)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise PileError(f"The request cannot be written: {said}.", remedy="Mend what is named and give it again.") from error


def _next_id(session: "Session", year: str) -> str:
    taken = [int(id_[8:]) for id_ in session.vault.ledger().entries if id_[3:7] == year]
    return f"TD-{year}-{max(taken, default=0) + 1:04d}"


def _reach(session: "Session", entry: "Takedown") -> "Reach":
    from pile_assets.withdrawal import reach

    return reach.of(session.vault, session.view, entry)


def _show_reach(reach: "Reach") -> None:
    rows = [("/".join(place), len(ids), ids[0]) for place, ids in sorted(reach.documents.items())]
    table("Documents that are meant", ["source partition", "documents", "first"], rows)
    if not rows:
        click.echo("No document in the store is meant. Written all the same, it applies to what arrives.")
        return
    table("Shards that hold them", ["shard", "documents"], sorted(reach.shards.items()))
    click.echo(f"Documents: {reach.total:,}, in shards now: {reach.kept:,}. Releases published so far: {len(reach.releases)}.")
    if reach.returning:
        some = ", ".join(map(plain, reach.returning[:5]))
        click.echo(
            f"Duplicates that may take their place: {len(reach.returning)}, e.g. {some}. --near-duplicates means them too."
        )


def _apply(deployment: "Deployment") -> dict[str, Any]:
    """Take effect now, if nobody else has the store."""
    from pile_assets.errors import Busy
    from pile_assets.store import Store
    from pile_assets.withdrawal import quarantine

    touched: list[str] = []
    try:
        with Store(deployment.home).lock("pile takedown", exclusive=True):
            failed = quarantine.apply(
                deployment.open(),
                lambda outcome: (
                    touched.append(f"{outcome.address.name}/{outcome.address.partition}")
                    if outcome.address.stage == "eligible" and outcome.materialized
                    else None
                ),
            )
    except Busy as busy:
        return {"applied": False, "because": str(busy), "partitions": [], "failed": []}
    return {"applied": True, "partitions": sorted(touched), "failed": [error.as_dict() for error in failed]}


def _show_applied(applied: Mapping[str, Any]) -> None:
    if not applied["applied"]:
        click.echo(f"It takes effect with the work that is going on, or the next: {applied['because']}")
        return
    for error in applied["failed"]:
        click.echo(f"not yet: {error['source']}/{error['partition']}: {error['cause']} Next: {error['remedy']}", err=True)
    click.echo(
        f"In effect in {len(applied['partitions'])} partitions. The shards are written anew by `pile build`, or by a running "
        "deployment without being asked."
    )


# -- list and show -------------------------------------------------------------------------------------------------


@takedown.command("list", epilog=EXIT_CODES)
@click.option("--lines", is_flag=True, help="Print the lines of the ledger as they were first read.")
@json_option
@click.pass_context
def list_requests(context: click.Context, lines: bool, as_json: bool) -> None:
    """List every request and where it stands. Exits 1 where a line of the ledger cannot be used."""
    _, session = _session()
    if lines:
        for sealed in session.vault.sealed():
            click.echo(sealed.line)
        return
    ledger = session.vault.ledger()
    rows = [_summary(session, entry) for entry in ledger.entries.values()]
    if as_json:
        terminal.print_json({"requests": rows, "flaws": [vars(flaw) for flaw in ledger.flaws]})
    else:
        table("Requests", list(rows[0]) if rows else [], [list(row.values()) for row in rows])
        if not rows:
            click.echo("There are none.")
        for flaw in ledger.flaws:
            click.echo(f"{session.vault.path.name}: {plain(str(flaw))}", err=True)
    if ledger.flaws:
        context.exit(FAILED)


def _summary(session: "Session", entry: "Takedown") -> dict[str, Any]:
    noted = session.vault.progress().get(entry.id, {})
    marks = session.vault.marks().get(entry.name)
    return {
        "id": entry.id,
        "state": entry.decision.state,
        "reason": entry.reason,
        "kind": entry.scope.kind,
        "value": entry.scope.value,
        "documents": len(marks.documents) if marks else 0,
        "received": entry.received,
        "out of shards": noted.get("clean") if entry.in_force else None,
    }


@takedown.command(epilog=EXIT_CODES)
@click.argument("id_", metavar="ID")
@json_option
def show(id_: str, as_json: bool) -> None:
    """Show one request: as it stands, what it keeps out, what came of it and how long that took."""
    _, session = _session()
    entry = _find(session, id_)
    found = {"entry": entry.model_dump(mode="json"), **_measured(session, entry)}
    if as_json:
        return terminal.print_json(found)
    terminal.facts(entry.id, {"state": entry.decision.state, "reason": entry.reason, **entry.scope.model_dump()})
    table("History", ["when", "what"], [list(item) for item in entry.history])
    rows = [[place, count] for place, count in found["partitions"].items()]
    table("Documents kept out", ["source partition", "documents"], rows)
    table(
        "Releases that lost their files",
        ["release", "is now"],
        [[old, new or "withdrawn"] for old, new in found["releases"].items()],
    )
    terminal.facts("Measured", found["measured"])
    if found["still_in_shards"]:
        click.echo(f"Still in shards: {counts(found['still_in_shards'])}. The next build takes them out.")
    return None


def _find(session: "Session", id_: str) -> "Takedown":
    from pile_assets.errors import PileError

    entries = session.vault.ledger().entries
    if id_ not in entries:
        raise PileError(f"There is no request {id_}.", remedy="Run `pile takedown list`.")
    return entries[id_]


def _measured(session: "Session", entry: "Takedown") -> dict[str, Any]:
    from pile_assets.withdrawal import absence, progress

    out = {
        place: [id_ for id_, takedowns in ids.items() if entry.id in takedowns]
        for place, ids in absence.suppressed(session.view).items()
    }
    out = {place: ids for place, ids in out.items() if ids}
    noted = session.vault.progress().get(entry.id, {})
    replaced = session.vault.rewritten_releases()
    return {
        "partitions": {"/".join(place): len(ids) for place, ids in out.items()},
        "releases": {old: replaced.get(old) for old in noted.get("releases", "").split()},
        "still_in_shards": {shard: len(ids) for shard, ids in absence.in_shards(session.view, out).items()},
        "measured": progress.measured(noted),
    }


# -- decide --------------------------------------------------------------------------------------------------------


@takedown.command(epilog=EXIT_CODES)
@click.argument("id_", metavar="ID")
@click.argument("state", type=click.Choice(STATES))
@click.option("--by", metavar="ROLE", required=True, help="The role that decides, not a person's name.")
@click.option("--spare", multiple=True, metavar="DOCUMENT", help="A document that a partial grant leaves in; several times.")
@click.option("--purge", is_flag=True, help="Also remove the bytes from the store: raw files, caches, older files.")
@click.option(
    "--older-releases",
    type=click.Choice(OLDER_RELEASES),
    help="With --purge, what becomes of releases that hold them: withdrawn (the default) or rewritten without them.",
)
@click.option("--yes", is_flag=True, help="Write it without asking.")
@json_option
def decide(id_: str, state: str, yes: bool, as_json: bool, **given: Any) -> None:
    """Decide on a request, or undo it: granted, partially_granted, refused, reversed.

    Refused and reversed bring the documents back with the next build. What was purged returns when it is fetched again, and not
    to older releases that were withdrawn or written anew.
    """
    deployment, session = _session()
    before = _find(session, id_)
    entry = _decided(session, before, state, given)
    if not yes and (as_json or not click.confirm(f"Write that {id_} is {state}?")):
        result = {"written": False, "id": id_, "entry": entry.model_dump(mode="json")}
        return terminal.print_json(result) if as_json else click.echo("Nothing was written.")
    session.vault.append(entry)
    applied = _apply(deployment)
    if as_json:
        return terminal.print_json({"written": True, "id": id_, **applied})
    click.echo(f"{id_} is {state}.")
    return _show_applied(applied)


def _decided(session: "Session", before: "Takedown", state: str, given: Mapping[str, Any]) -> "Takedown":
    """The entry with its decision. Raises PileError where it cannot follow the one before."""
    from pile_assets.errors import PileError
    from pile_assets.licensing.takedowns.model import follows

    if given["older_releases"] in ("withdrawn", "rewritten") and not given["purge"]:
        raise PileError(
            f"Older releases are {given['older_releases']} by a purge only, and none was asked for.",
            remedy="Add --purge, or leave out --older-releases.",
        )
    now = _now()
    content = before.model_dump(mode="json")
    content["decision"] = {
        "state": state,
        "on": now,
        "by": given["by"],
        "spared": list(given["spare"]),
        "purge": given["purge"],
    }
    marks = session.vault.marks().get(before.name)
    content["effect"] |= {"docs_removed": len(marks.documents) if marks and state in ("granted", "partially_granted") else 0}
    if given["older_releases"] or given["purge"]:
        content["effect"] |= {"older_releases": given["older_releases"] or "withdrawn"}
    content["history"] = [*content["history"], [now, state]]
    after = _valid(content)
    if refused := follows(before, after):
        raise PileError(f"{before.id} cannot be decided so: {refused}.", remedy="Run `pile takedown show` for where it stands.")
    return after


# -- fingerprint ---------------------------------------------------------------------------------------------------


@takedown.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--exact", is_flag=True, help="Letter for letter, as it was published.")
@json_option
def fingerprint(file: Path, exact: bool, as_json: bool) -> None:
    """Print the keyed hash of a text, for `pile takedown add content_hmac`, so that the ledger need not hold the text.

    It stands for the text however it is spaced or capitalised, as duplicates are told: with personal data masked, and in code,
    which is known by the name of FILE, without the licence comment at the head. A text that holds what the corpus masks is
    not known by it; give that with --exact.
    """
    from pile_assets.errors import PileError
    from pile_assets.licensing.takedowns import marks

    _, session = _session()
    content, key = file.read_bytes(), session.vault.key()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PileError(f"{file} is not UTF-8 ({error}).", remedy="Convert it, e.g. with iconv.") from error
    found = marks.exact(key, sha256(content).hexdigest()) if exact else marks.normalised(key, _norm_hash(file, text))
    return terminal.print_json({"content_hmac": found}) if as_json else click.echo(found)


def _norm_hash(file: Path, text: str) -> bytes:
    import polars as pl

    from pile_assets.dedup import signatures
    from pile_assets.sources.formats import source_files

    media_type = source_files.media_type(file.name) or "text/plain"
    signed = signatures.sign(pl.DataFrame({"id": ["text"], "media_type": [media_type], "text": [text]}))
    found: bytes = signed["norm_hash"][0]
    return found


takedown.add_command(purging.purge)

COMMANDS = (takedown,)
