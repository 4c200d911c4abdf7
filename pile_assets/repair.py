"""Taking damaged outputs out of the store, so that the next build makes them again from their inputs.

What belongs here: deciding which of `verify`'s problems a build can mend, and removing exactly the manifests and files
they name. What may not: finding damage (`inspection.verify`), doing the steps again (`build`).
"""

from collections.abc import Iterable

from pile_assets.corpus import DEDUP
from pile_assets.deployment import Session
from pile_assets.inspection.audit import Problem
from pile_assets.publishing import CREDITS, LEGAL_KIT, NOTICES, RELEASE
from pile_assets.store import Address, Store


def discard(session: Session, problems: Iterable[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Remove what is damaged and can be made again; returns the problems this takes care of, and those it leaves.

    Left are damaged releases of the past, which nothing can make again, and stages of sources that this deployment does
    not run: their chain could not be walked, and a damaged version is more than none. The session must not be used
    afterwards, since it has read what is now gone.
    """
    mended, left = [], []
    for problem in problems:
        if problem.address is None or not _is_made_again(session, problem.address):
            left.append(problem)
            continue
        _remove(session.view.store, problem.address, problem)
        mended.append(problem)
    return mended, left


def _is_made_again(session: Session, address: Address) -> bool:
    return not address.owner.startswith("sources/") or address.stage == "unique" or address.name in session.sources.running


def _remove(store: Store, address: Address, problem: Problem) -> None:
    """The files first: a step whose files are gone is not taken up from the cache of finished steps."""
    for path in problem.files:
        path.unlink(missing_ok=True)
    (store.folder(address) / "manifest.json").unlink(missing_ok=True)
    if _is_in_release(address):  # its directory may hold the damaged file under another name
        (store.folder(LEGAL_KIT) / "manifest.json").unlink(missing_ok=True)
        (store.folder(RELEASE) / "manifest.json").unlink(missing_ok=True)
    if address.stage == "unique":  # dedup makes them all, and is due only where its own manifest is gone
        (store.folder(DEDUP) / "manifest.json").unlink(missing_ok=True)


def _is_in_release(address: Address) -> bool:
    return address.stage in ("shards", CREDITS) or address.owner == NOTICES
