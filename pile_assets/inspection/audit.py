"""One reading of a store to judge it by: its manifests read once, its files hashed once, and the word for what is wrong.

What belongs here: what every check of `verify` looks at. What may not: any judgement beyond a file's own bytes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pile_assets.errors import StoreDamage
from pile_assets.store import Address, Manifest, Store, file_sha256

REPAIR = "Run `pile build --repair`: what is damaged is made again from its inputs."
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Problem:
    """One broken promise. `address` is the stage that made it, None for a release; `files` are those to be made again."""

    check: str
    place: str
    found: str
    remedy: str = REPAIR
    address: Address | None = None
    files: tuple[Path, ...] = ()

    def as_dict(self) -> dict[str, str]:
        """The same facts for `--json`."""
        return {"check": self.check, "place": self.place, "found": self.found, "remedy": self.remedy}


@dataclass
class Audit:
    """One reading of a store: its manifests once, each file hashed once."""

    store: Store
    progress: Progress = lambda what, done, total: None
    manifests: dict[Address, Manifest] = field(default_factory=dict)
    unreadable: list[Problem] = field(default_factory=list)
    _found: dict[Path, tuple[int, str] | str] = field(default_factory=dict)  # bytes and sha256, or why it cannot be read

    def __post_init__(self) -> None:
        for address in self.store.addresses():
            self._read(address)

    def _read(self, address: Address) -> None:
        try:
            manifest = self.store.manifest(address)
        except (StoreDamage, ValueError) as error:
            self.unreadable.append(Problem("manifests", place_of(address), str(error), address=address))
            return
        if manifest is None or manifest.address != address:
            found = f"the manifest here says it is that of {place_of(manifest.address)}" if manifest else "the manifest is gone"
            self.unreadable.append(Problem("manifests", place_of(address), found, address=address))
            return
        self.manifests[address] = manifest

    def wrong(self, path: Path, sha256: str, size: int) -> str | None:
        """What is wrong with a file, given what was promised; None where it is whole."""
        if path not in self._found:
            self._found[path] = _look(path)
        name, found = path.relative_to(self.store.home), self._found[path]
        if isinstance(found, str):
            return f"{name} {found}"
        if found[0] != size:
            return f"{name} has {found[0]} bytes instead of {size}"
        return None if found[1] == sha256 else f"{name} does not have the bytes its manifest promises"

    @property
    def files_read(self) -> int:
        """How many files were looked at."""
        return len(self._found)

    def whole(self, manifest: Manifest) -> bool:
        """Whether a manifest's files may be read: those of a damaged one are reported once, by the files check."""
        folder = self.store.folder(manifest.address)
        return all(self.wrong(folder / file.name, file.sha256, file.bytes) is None for file in manifest.files)

    def get(self, address: Address) -> Manifest | None:
        return self.manifests.get(address)

    def partitions(self, owner: str, stage: str) -> list[str]:
        return [address.partition for address in self.manifests if (address.owner, address.stage) == (owner, stage)]

    def of_stage(self, stage: str) -> Iterator[Manifest]:
        """The readable manifests of a stage, in order of address."""
        return (manifest for address, manifest in self.manifests.items() if address.stage == stage)


def _look(path: Path) -> tuple[int, str] | str:
    try:
        return path.stat().st_size, file_sha256(path)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def place_of(address: Address) -> str:
    """Where a stage is, as an operator would say it: source or domain, partition, stage."""
    return " / ".join(part for part in (address.name, address.partition, address.stage) if part not in ("all", "corpus"))
