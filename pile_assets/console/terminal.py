"""What every command shares: exit codes, the store, how errors, tables, numbers and progress look, what `--json` prints.

What belongs here: form. What may not: any content of a command. Text of documents reaches a terminal only through
`plain`, since a title may hold escape sequences.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pile_assets.deployment import Deployment
    from pile_assets.errors import PileError
    from pile_assets.store import Store

FAILED, USAGE, PARTLY, INTERRUPTED = 1, 2, 3, 130
"""Exit codes besides 0; `EXIT_CODES` says what they mean."""

EXIT_CODES = """\b
Exit codes:
  0    all is well, or done as asked
  1    it failed, or something is damaged or wrong
  2    the command was not given as it should be
  3    it finished, but some partitions failed or are in quarantine
  130  it was interrupted; what was finished is kept"""

TEXT_WIDTH = 24
"""Columns of text are broken over lines, but not into narrower ones than this."""

UNBOUNDED = 10_000
"""More columns than any table here has; only for asking how wide one would be."""

PLAIN_WIDTH = 200
"""Columns of a table that is written to a file or a pipe."""
NAME_WIDTH = 40
"""Names in a first column are not broken up to this length, so that they can be copied."""

Command = TypeVar("Command", bound=Callable[..., Any])
Progress = Callable[[str, int, int], None]


def json_option(command: Command) -> Command:
    """`--json`: the command's result as one JSON document on stdout, its errors too."""

    def remember(context: click.Context, parameter: click.Parameter, value: bool) -> bool:
        context.find_root().meta["pile.json"] = value
        return value

    help_text = "Print one JSON document instead of tables."
    return click.option("--json", "as_json", is_flag=True, callback=remember, help=help_text)(command)


def print_json(value: Any) -> None:
    """One JSON document, indented, keys in the order given."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=json_value))


def json_value(value: Any) -> Any:
    """What JSON has no word for: bytes as hexadecimal digits, anything else (dates, decimals, paths) as its text."""
    return value.hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)


def existing_store(deployment: "Deployment | None" = None) -> "Store":
    """The store of this deployment. Raises PileError where nothing has been built: reading must not create one."""
    from pile_assets.deployment import Deployment
    from pile_assets.errors import PileError
    from pile_assets.store import Store

    home = (deployment or Deployment.from_environment()).home
    if not (home / "format").exists():
        raise PileError(f"There is no store at {home}.", remedy="Run `pile build`, or set PILE_HOME to where the store is.")
    return Store(home)


# -- errors --------------------------------------------------------------------------------------------------------


def print_error(error: "PileError", *, as_json: bool) -> None:
    """Place, cause and next step, on stderr; with `--json` also as JSON on stdout."""
    if as_json:
        print_json({"error": error.as_dict()})
    place = " / ".join(part for part in (error.source, error.partition, error.document) if part)
    click.secho(f"error: {place}" if place else "error", fg="red", bold=True, err=True)
    click.echo(f"  {plain(error.cause, lines=True)}", err=True)
    click.echo(f"  Next: {plain(error.remedy, lines=True)}", err=True)


def refused_by_machine(error: OSError) -> "PileError":
    """A full disk, a missing permission, a broken device."""
    from pile_assets.errors import PileError

    return PileError(
        f"The machine refused a read or write: {error}.",
        remedy="Free disk space or mend permissions under PILE_HOME, then run the command again: nothing is half-written.",
    )


# -- tables --------------------------------------------------------------------------------------------------------


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, unbroken: bool = False) -> None:
    """A table on stdout; columns whose values are all numbers are set to the right. Nothing for no rows.

    A long name in the first column is broken over lines, unless it is there to be copied whole: then `unbroken`.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    listed = [list(row) for row in rows]
    if not listed:
        return
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, column in enumerate(columns):
        numbers = all(isinstance(row[index], int | float | Bytes) for row in listed)
        name = index == 0 and (unbroken or all(len(shown(row[0])) <= NAME_WIDTH for row in listed))
        longest = max(len(text) for text in (column, *(shown(row[index]) for row in listed)))
        least = longest if numbers or name else min(longest, TEXT_WIDTH)
        drawn.add_column(column, justify="right" if numbers else "left", overflow="fold", min_width=least)
    for row in listed:
        drawn.add_row(*(Text(shown(value)) for value in row))
    _print(title, drawn)


def facts(title: str, values: Mapping[str, Any]) -> None:
    """Names and values under one another, those that are known; `title` alone says that none is."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table.grid(padding=(0, 2))
    for name, value in values.items():
        if value is not None:
            drawn.add_row(Text(f"  {name}"), Text(shown(value), overflow="fold"))
    _print(title, drawn if drawn.rows else Text("  nothing"))


def _print(title: str, drawn: "RenderableType") -> None:
    from rich.console import Console
    from rich.measure import Measurement
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    # A line that is too long for the terminal is broken by it; a number that is cut short would be another number.
    needed = Measurement.get(console, console.options.update(max_width=UNBOUNDED), drawn).minimum
    console.width = max(console.width, needed)
    if title:
        console.print(Text(title, style="bold"))
    console.print(drawn)
    console.print()


class Bytes(int):
    """A number of bytes, shown in the unit that suits it."""

    def __str__(self) -> str:
        size = float(self)
        for unit in ("B", "kB", "MB", "GB"):
            if size < 1000:
                return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
            size /= 1000
        return f"{size:.1f} TB"


def shown(value: Any) -> str:
    """A cell: nothing for null, thousands set apart, bytes of data as digits, other text made plain."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and not isinstance(value, Bytes):
        return f"{value:,}"
    if isinstance(value, bytes):
        return value.hex()
    return plain(str(value))


def counts(values: Mapping[str, int], limit: int | None = None) -> str:
    """Counts by name in one cell, as given: "MIT 12, BSD-3-Clause 4, 3 more"."""
    listed = [f"{name} {count:,}" for name, count in list(values.items())[:limit]]
    rest = len(values) - len(listed)
    return ", ".join([*listed, f"{rest} more"] if rest else listed)


def plain(text: str, *, lines: bool = False) -> str:
    """Text without control characters, which a terminal would obey; line ends stay only where `lines` is set."""
    return "".join(c if c.isprintable() or (lines and c == "\n") else c.encode("unicode_escape").decode() for c in text)


# -- progress ------------------------------------------------------------------------------------------------------


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress line on stderr while it is a terminal; else nothing."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda what, done, total: bar.update(task, description=plain(what), completed=done, total=total)
