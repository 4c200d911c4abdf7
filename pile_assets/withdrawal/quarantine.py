"""Taking documents out of `eligible` at once, when a request is received or decided.

What belongs here: the takedowns step followed by the `eligible` of the partitions it touched, and nothing else. Duplicates,
shards and the release follow with the next build, or with the daemon.
"""

from collections.abc import Callable

from pile_assets.chain import Outcome, Request, run_partition
from pile_assets.deployment import Session
from pile_assets.errors import PileError
from pile_assets.steps import SUPPRESSIONS
from pile_assets.withdrawal import step


def apply(session: Session, report: Callable[[Outcome], None]) -> list[PileError]:
    """Bring suppressions and the `eligible` of touched partitions up to date; returns what could not be.

    A source that is out of the corpus is not touched: there it takes effect when it runs again.
    """
    wanted = step.key_of(session.vault, session.view)
    if wanted is None:
        return []
    touched: list[Outcome] = []
    step.run(session.vault, session.view, session.sources.frozen, touched.append)
    failed = []
    for outcome in touched:
        report(outcome)
        address = outcome.address
        if address.stage != SUPPRESSIONS or address.name not in session.chains:
            continue
        chain, entry = session.chains[address.name], session.catalogues[address.name].get(address.partition)
        if entry is None:
            continue
        try:
            request = Request(stages=("eligible",))
            run_partition(session.view, session.vault, chain, address.partition, entry, report, request)
        except PileError as error:
            failed.append(error)
    return failed
