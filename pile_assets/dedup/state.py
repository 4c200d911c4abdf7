"""One state of the engine: its documents and index together, from the folder and back to it.

What belongs here: opening, beginning, committing. What may not: what a change does to a state (`advance`), how files are
written (`cache`, `columns`).
"""

import numpy as np

from pile_assets.dedup import resolve, signatures
from pile_assets.dedup.cache import Folder
from pile_assets.dedup.columns import Array, Column
from pile_assets.dedup.index import Index
from pile_assets.dedup.runs import Documents
from pile_assets.dedup.table import RECORDS_PER_BLOCK, Entry, Table
from pile_assets.store import digest

VERSION = "1"
"""Of what the engine keeps and of the code that makes it; raised whenever either changes."""

CODE = digest([VERSION, resolve.PARAMETERS, signatures.PARAMETERS])
"""What a kept state must have been made by."""


class State:
    """Documents, index and verdicts, as they are being worked on."""

    def __init__(self, folder: Folder, table: Table, index: Index):
        self.folder, self.table, self.index = folder, table, index
        self._committed: list[Entry] | None = None
        self._opened: list[Column] = []

    @classmethod
    def fresh(cls, folder: Folder) -> "State":
        """One without documents, in files of its own."""
        generation = folder.generation()
        state = cls(folder, Table(folder.path, generation), Index(folder.path, generation))
        for column in state.columns.values():
            column.create()
        return state

    @classmethod
    def open(cls, folder: Folder) -> "State":
        """The committed one; raises Damaged where there is none that can be used."""
        body = folder.read(CODE)
        folder.sweep(body)  # of what a process left behind that died
        state = cls(folder, Table(folder.path, body["table"]), Index(folder.path, body["index"]))
        arrays = folder.read_arrays(body["verdicts"])
        for name, column in state.columns.items():
            column.open(body["columns"][name], arrays[f"sums of {name}"])
        table, index = state.table, state.index
        table.standing, table.canonical, table.agreement = (arrays[n] for n in ("standing", "canonical", "agreement"))
        table.entries = [Entry(*entry) for entry in body["entries"]]
        state._committed, state._opened = list(table.entries), list(state.columns.values())
        index.runs = [tuple(run) for run in body["runs"]]
        table.check_small()
        index.fences.check()
        return state

    @property
    def columns(self) -> dict[str, Column]:
        """Every column by file name."""
        return self.table.columns | self.index.columns

    @property
    def differs(self) -> bool:
        """Whether there is anything to commit: every change of documents changes its member's version or rank."""
        return self.table.entries != self._committed

    def seal(self) -> None:
        """Compute the checksums of what was appended; raises Damaged where a block that was begun before is not sound."""
        for column in self.columns.values():
            column.seal()

    def commit(self) -> None:
        """Make this the current state, which has been sealed or is new."""
        self.seal()
        table = self.table
        arrays: dict[str, Array] = {"standing": table.standing, "canonical": table.canonical, "agreement": table.agreement}
        sums = {f"sums of {name}": column.sums for name, column in self.columns.items()}
        written = self.folder.write_arrays(f"{self.folder.generation()}.verdicts", arrays | sums)
        self.folder.commit(
            {
                "code": CODE,
                "table": table.generation,
                "index": self.index.generation,
                "columns": {name: column.rows for name, column in self.columns.items()},
                "runs": self.index.runs,
                "entries": [list(vars(entry).values()) for entry in table.entries],
                "verdicts": written,
            }
        )

    def give_up(self) -> None:
        """Leave the folder as it was committed."""
        for column in self._opened:
            column.cut_back()
        self.folder.sweep(self.folder.read(CODE))

    def replace_index(self) -> None:
        """Begin an empty index in files of its own."""
        self.index = Index(self.folder.path, self.folder.generation())
        for column in self.index.columns.values():
            column.create()

    def documents(self) -> Documents:
        """What the kernels work on; nothing has been read of it yet."""
        table = self.table
        return Documents(
            table.records.array,
            table.ranks(),
            table.hashes.array,
            table.ids.array,
            table.ends.array,
            (table.traits.array & 1).astype(np.uint8),
            table.standing,
            table.canonical,
            table.agreement,
            np.zeros(table.size // RECORDS_PER_BLOCK + 1, np.uint8),
        )
