"""`pile takedown purge`: removing the bytes of withdrawn documents, and saying what was removed and what is left.

Only that command and what it prints belong here; the other commands of the group are in `takedowns`.
"""

from typing import TYPE_CHECKING

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, json_option, plain, table

if TYPE_CHECKING:
    from pile_assets.withdrawal.purge import Purged


@click.command(epilog=EXIT_CODES)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@json_option
@click.pass_context
def purge(context: click.Context, yes: bool, as_json: bool) -> None:
    """Remove from the store the bytes of all documents whose decision says so, and search everything for them.

    Raw files, every stage, shards, older releases, remembered steps and caches lose them; the other documents stay as they
    are. Releases that held them lose their files, or are written anew without them where the decision says so. Builds what
    that makes due, and asks no publisher for news. Exits 1 where anything is left or could not be searched.
    """
    from pile_assets.deployment import Deployment
    from pile_assets.store import FILES_LOCK, Store
    from pile_assets.withdrawal import purge as purging

    deployment = Deployment.from_environment()
    session = deployment.open()
    waiting = {"/".join(place): len(ids) for place, ids in purging.pending(session.vault, session.view).items()}
    back = sorted(purging.undone(session.vault, session.view))
    if purging.due(session.vault, session.view) is None:
        return terminal.print_json({"documents": {}}) if as_json else click.echo("Nothing is to be removed.")
    if waiting == {} and not back and not as_json:
        click.echo("Nothing is known to be in the store; it is looked for once more.")
    if not as_json:
        table("To be removed", ["source partition", "documents"], sorted(waiting.items()))
        table("Undone, to be fetched again", ["request"], [[id_] for id_ in back])
    if not yes and (as_json or not click.confirm("Remove them for good?")):
        return terminal.print_json({"pending": waiting, "undone": back}) if as_json else click.echo("Nothing was removed.")
    store, name = Store(deployment.home), "pile takedown purge"
    with store.lock(name, exclusive=True), store.lock(name, exclusive=True, name=FILES_LOCK), terminal.progress() as progress:
        done = purging.run(deployment.open(), progress)
    _show_purged(done, as_json)
    if not done.proven:
        context.exit(FAILED)
    return None


def _show_purged(done: "Purged", as_json: bool) -> None:
    result = {
        "documents": done.documents,
        "to_be_fetched_again": ["/".join(place) for place in done.restored],
        "files_removed": done.erased.files,
        "releases_withdrawn": done.erased.releases,
        "releases_rewritten": done.erased.rewritten,
        "releases_not_rewritten": done.erased.refused,
        "caches_removed": done.erased.caches,
        "files_searched": done.files_searched,
        "left": [vars(trace) for trace in done.left],
        "not_searched": done.unsearched,
        "not_told_apart": done.not_told_apart,
        "proven": done.proven,
    }
    if as_json:
        return terminal.print_json(result)
    terminal.facts("Removed", {"documents": sum(done.documents.values()), "files": sum(done.erased.files.values())})
    table("Releases written anew", ["release", "is now"], sorted(done.erased.rewritten.items()))
    for release, why in sorted(done.erased.refused.items()):
        click.echo(f"The release {release} could not be written anew and was withdrawn: {plain(why)}", err=True)
    for trace in done.left:
        click.echo(f"left: {plain(trace.file)} {plain(trace.inside)} holds text of {plain(trace.document or '?')}", err=True)
    for name in done.unsearched:
        click.echo(f"not searched: {plain(name)}", err=True)
    if done.not_told_apart:
        click.echo(
            f"{done.not_told_apart:,} documents could not be looked for: others that stay have the same words, or the text is "
            "too short to be told from them."
        )
    if done.proven and done.files_searched:
        click.echo(f"None of the removed text that can be told apart is in any of the {done.files_searched:,} files searched.")
    return None
