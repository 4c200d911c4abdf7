"""`pile sources`: the registry's records, what is wrong with them, and which of them take part."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, json_option, plain, table

if TYPE_CHECKING:
    from pile_assets.deployment import Session
    from pile_assets.errors import RegistryError
    from pile_assets.state import Override, State


@click.group(epilog=EXIT_CODES)
def sources() -> None:
    """List, show, check, add, and switch sources on and off."""


# -- list and show -------------------------------------------------------------------------------------------------


@sources.command("list", epilog=EXIT_CODES)
@json_option
def list_sources(as_json: bool) -> None:
    """List every source and whether it takes part."""
    rows = [_line(session, source) for session in [_session()] for source in _names(session)]
    if as_json:
        return terminal.print_json(rows)
    return table("Sources", list(rows[0]) if rows else [], [list(row.values()) for row in rows])


def _session() -> "Session":
    from pile_assets.deployment import Deployment

    return Deployment.from_environment().open(rehearse=True)


def _names(session: "Session") -> list[str]:
    return sorted({*session.registry.records, *session.registry.broken, *session.view.store.sources()})


def _line(session: "Session", source: str) -> dict[str, Any]:
    from pile_assets.inspection.status import standing_of

    record = session.registry.records.get(source)
    catalogue = session.state.catalogue(source)
    return {
        "source": source,
        "standing": standing_of(session, source)[0],
        "review": record.review.status.value if record else None,
        "domain": record.domain.value if record else None,
        "refresh": record.refresh.value if record else None,
        "partitions": sum(entry.present for entry in catalogue.values()),
        "title": record.title if record else None,
    }


@sources.command(epilog=EXIT_CODES)
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show a source's record as it takes effect, and what the operator changed about it."""
    import yaml

    from pile_assets.inspection.status import standing_of

    session = _session()
    _check_known(session, [name])
    standing, reason = standing_of(session, name)
    record = session.registry.records.get(name) or session.sources.present.get(name) or session.state.last_good(name)
    override = session.state.overrides().get(name)
    shown = {
        **_line(session, name),
        "reason": reason,
        "override": {"enabled": override.enabled, "options": dict(override.options)} if override else None,
        "record": session.state.effective(record).model_dump(mode="json", by_alias=True) if record else None,
    }
    if as_json:
        return terminal.print_json(shown)
    click.echo(plain(yaml.safe_dump(shown["record"], sort_keys=False, allow_unicode=True, width=120), lines=True))
    click.echo(f"{name} is {standing}{f': {plain(reason)}' if reason else ''}.")
    if override:
        click.echo("Changed by the operator:")
        terminal.print_json(shown["override"])
    return None


def _check_known(session: "Session", names: "list[str] | tuple[str, ...]") -> None:
    """Raises PileError, with the most similar names, for a source nobody knows."""
    import difflib

    from pile_assets.errors import PileError

    known = _names(session)
    for name in names:
        if name not in known:
            alike = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known
            raise PileError(f"There is no source {name!r}.", remedy=f"Is it one of these: {', '.join(alike)}?", source=name)


# -- check and new -------------------------------------------------------------------------------------------------


@sources.command(epilog=EXIT_CODES)
@click.argument("name", required=False)
@json_option
@click.pass_context
def check(context: click.Context, name: str | None, as_json: bool) -> None:
    """Check all records, or one by its name or file: every problem with file, field and remedy.

    Exits 1 where a record cannot be used.
    """
    problems = [row for problem in _problems(name) for row in _fields(problem)]
    if as_json:
        terminal.print_json({"good": not problems, "problems": problems})
    else:
        table("Problems", ["file", "field", "problem", "what belongs there"], [list(row.values()) for row in problems])
        click.echo(f"{len(problems)} problems." if problems else "Every record can be used.")
    if problems:
        context.exit(FAILED)


def _problems(name: str | None) -> "list[RegistryError]":
    """The problems of the registry, of one of its records, or of a record anywhere else."""
    from pile_assets.errors import RegistryError
    from pile_assets.registry import load

    if name and name.endswith((".yaml", ".yml")):
        path = Path(name).resolve()
        try:
            load.read_policy(path.parent, load.read_record(path))
        except RegistryError as problem:
            return [problem]
        return []
    session = _session()
    if name:
        _check_known(session, [name])
    return [problem for problem in session.registry.problems if name in (None, problem.source)]


def _fields(problem: "RegistryError") -> Iterator[dict[str, str]]:
    """One row per field at fault; a file that is no record at all is one row without a field."""
    from pile_assets.console.skeleton import hint

    file = f"{problem.source}.yaml"
    for listed in problem.problems:
        field, _, message = listed.partition(": ")
        yield {"file": file, "field": field, "problem": message, "remedy": hint(field) or problem.remedy}
    if not problem.problems:
        yield {"file": file, "field": "", "problem": problem.cause, "remedy": problem.remedy}


@sources.command(epilog=EXIT_CODES)
@click.argument("name")
@json_option
def new(name: str, as_json: bool) -> None:
    """Write the skeleton of a record to the registry; `pile sources check NAME` then explains it field by field."""
    import re

    from pile_assets.console.skeleton import NAME, skeleton
    from pile_assets.deployment import Deployment
    from pile_assets.errors import PileError
    from pile_assets.registry.load import load
    from pile_assets.store import write_atomically

    if not re.fullmatch(NAME, name):
        raise PileError(f"{name!r} cannot name a source.", remedy="Use lower-case letters, digits and _, a letter first.")
    folder = Deployment.from_environment().registry
    path = folder / f"{name}.yaml"
    if path.exists():
        raise PileError(f"{path} exists already.", remedy=f"Run `pile sources check {name}`, or choose another name.")
    taken = [record.seniority for record in load(folder).records.values()]
    write_atomically(path, skeleton(name, seniority=max(taken, default=0) + 10).encode())
    if as_json:
        return terminal.print_json({"file": str(path)})
    return click.echo(f"Wrote {path}. Fill it in; `pile sources check {name}` says what is still missing.")


# -- enable and disable --------------------------------------------------------------------------------------------

option_option = click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="Override an option of the record; KEY= ends an override."
)


@sources.command(epilog=EXIT_CODES)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@option_option
@json_option
def enable(names: tuple[str, ...], options: tuple[str, ...], as_json: bool) -> None:
    """Switch sources on; the next build, or the daemon, brings them in."""
    _switch(names, True, options, as_json)


@sources.command(epilog=EXIT_CODES)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@option_option
@json_option
def disable(names: tuple[str, ...], options: tuple[str, ...], as_json: bool) -> None:
    """Switch sources off; the next build takes their documents out of the corpus, and keeps them for the day they return."""
    _switch(names, False, options, as_json)


def _switch(names: tuple[str, ...], enabled: bool, options: tuple[str, ...], as_json: bool) -> None:
    from pile_assets.deployment import Deployment
    from pile_assets.state import State

    chosen = dict(_option(text) for text in options)
    deployment = Deployment.from_environment()
    session = deployment.open(rehearse=True)
    _check_known(session, names)
    state = State(deployment.home)
    with session.view.store.lock("pile sources", exclusive=True, name="sources", wait=True):
        overrides = {name: _override(state, name, enabled, chosen) for name in names}
        for name, override in overrides.items():
            _check_options(session, name, override)
        for name, override in overrides.items():
            state.save_override(name, override)
    lines = [_line(session, name) for session in [_session()] for name in names]
    if as_json:
        return terminal.print_json(lines)
    for line in lines:
        click.echo(f"{line['source']} is now {line['standing']}.")
    return click.echo("`pile plan` shows what that changes, `pile build` does it.")


def _option(text: str) -> tuple[str, Any]:
    """A key and its value, read as YAML, so that numbers and lists are what they look like."""
    import yaml

    key, equals, value = text.partition("=")
    if not (key and equals):
        raise click.BadParameter(f"{text!r} is not KEY=VALUE.", param_hint="--option")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise click.BadParameter(f"the value of {key} is not readable YAML: {error}", param_hint="--option") from error


def _check_options(session: "Session", name: str, override: "Override") -> None:
    """Raises RegistryError for an option that the connector could not use, before it is saved."""
    from pile_assets.sources.options import check_options
    from pile_assets.steps import load_module

    if record := session.registry.records.get(name):
        check_options(name, {**record.options, **override.options}, load_module(record).OPTIONS)


def _override(state: "State", name: str, enabled: bool, options: Mapping[str, Any]) -> "Override":
    from pile_assets.state import Override

    before = state.overrides().get(name)
    merged = {**(before.options if before else {}), **options}
    return Override(enabled, {key: value for key, value in merged.items() if value is not None})


COMMANDS = (sources,)
