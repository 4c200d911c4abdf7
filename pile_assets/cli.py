"""The entry point of `pile`: the group, its commands, and how errors become exit codes. Nothing else belongs here.

Commands import what they need when they run, so that `pile --help` answers at once.
"""

import errno
from typing import Any

import click

from pile_assets import __version__
from pile_assets.console import (
    building,
    dedup,
    exporting,
    inspecting,
    licences,
    operating,
    releasing,
    review,
    sources,
    takedowns,
)
from pile_assets.console.terminal import EXIT_CODES, FAILED, INTERRUPTED, print_error, refused_by_machine


class Pile(click.Group):
    """A group whose commands may raise PileError: place, cause and next step are printed, and the exit code is 1."""

    def invoke(self, ctx: click.Context) -> Any:
        from pile_assets.errors import PileError

        try:
            return super().invoke(ctx)
        except PileError as error:
            print_error(error, as_json=ctx.meta.get("pile.json", False))
        except KeyboardInterrupt:
            click.echo("Interrupted. What was finished is kept; the same command goes on from there.", err=True)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # the reader of our output has gone: click ends quietly
            print_error(refused_by_machine(error), as_json=ctx.meta.get("pile.json", False))
        return ctx.exit(FAILED)


@click.group(cls=Pile, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="pile")
def main() -> None:
    """Build and inspect an openly licensed training corpus.

    The store lies in PILE_HOME, by default pile_home/ in the checkout; the sources are the records in PILE_REGISTRY.
    """


COMMANDS = (
    *building.COMMANDS,
    *inspecting.COMMANDS,
    *licences.COMMANDS,
    *sources.COMMANDS,
    *review.COMMANDS,
    *takedowns.COMMANDS,
    *exporting.COMMANDS,
    *dedup.COMMANDS,
    *releasing.COMMANDS,
    *operating.COMMANDS,
)

for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="pile")
