"""`pile release`: which releases there are, and judging a finished release directory from outside and without the store."""

from pathlib import Path

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, json_option, table


@click.group(epilog=EXIT_CODES)
def release() -> None:
    """What a consumer takes away."""


@release.command(epilog=EXIT_CODES)
@click.argument("directory", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--own", is_flag=True, help="Only the project's own checks, not reuse and mlcroissant.")
@json_option
@click.pass_context
def check(context: click.Context, directory: Path | None, own: bool, as_json: bool) -> None:
    """Check everything a release says of itself against its documents, and list all that is wrong at once.

    DIRECTORY is a release, by default the latest of this deployment. Where they are installed (`make judges`), reuse and
    mlcroissant judge it too.
    """
    from pile_assets.release import check as checking
    from pile_assets.release import check_cards, judges

    root = directory or _latest()
    with terminal.progress() as progress:
        progress("checking the release", 0, 1)
        found = checking.run((*checking.CHECKS, *check_cards.CHECKS), checking.Release(root))
        absent = []
        for name, judge in ({} if own else judges.JUDGES).items():
            program = judges.find(name)
            if program is None:
                absent.append(name)
            else:
                progress(f"asking {name}", 0, 1)
                found.extend(judge(root, program))
    problems = [problem.as_dict() for problem in found]
    if as_json:
        terminal.print_json({"release": str(root), "whole": not problems, "not_asked": absent, "problems": problems})
    else:
        table("Problems", ["check", "place", "found"], [list(problem.values()) for problem in problems])
        for name in absent:
            click.echo(f"note: {name} is not installed and was not asked; `make judges` installs it.")
        click.echo(f"{root}: " + (f"{len(problems)} problems." if problems else "all is as it says."))
    if problems:
        context.exit(FAILED)


@release.command(epilog=EXIT_CODES)
@json_option
def path(as_json: bool) -> None:
    """Print where the latest release is."""
    found = str(_latest())
    terminal.print_json({"path": found}) if as_json else click.echo(found)


@release.command("list", epilog=EXIT_CODES)
@json_option
def list_releases(as_json: bool) -> None:
    """List the releases in the order they stand in, whether their files are kept, and which stands in the place of which."""
    from pile_assets.deployment import Deployment
    from pile_assets.release import history
    from pile_assets.store import Store

    home = Deployment.from_environment().home
    known = history.read(Store(home)) if (home / "format").exists() else []
    if as_json:
        return terminal.print_json([vars(one) for one in known])
    rows = [[one.id, one.version, one.on, one.files, one.replaces, " ".join(one.because)] for one in known]
    table("Releases", ["release", "version", "published", "files", "replaces", "files removed for"], rows)
    return None if rows else click.echo("There are none.")


def _latest() -> Path:
    from pile_assets.deployment import Deployment
    from pile_assets.errors import PileError
    from pile_assets.release import directory
    from pile_assets.store import Store

    home = Deployment.from_environment().home
    store = Store(home) if (home / "format").exists() else None
    latest = directory.latest(store) if store else None
    if store is None or latest is None or not directory.folder(store, latest).is_dir():
        raise PileError(f"There is no release at {home}.", remedy="Run `pile build`, or name the directory of a release.")
    return directory.folder(store, latest)


COMMANDS = (release,)
