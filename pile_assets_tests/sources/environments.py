"""Fake installed Pythons for tests: site-packages folders with dist-info trees, and a small standard library.

Built by the tests alone: nothing here depends on what happens to be installed on a machine.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pile_assets.sources import python_distributions
from pile_assets.sources.model import Document, RawFile, Skipped, SourceContext

MIT_LINE = "Copyright (c) 2020 Ada Example\n\n"


class Environment:
    """One site-packages folder to install fake distributions into."""

    def __init__(self, folder: Path):
        self.site = folder
        self.site.mkdir(parents=True, exist_ok=True)

    def install(
        self,
        name: str,
        files: Mapping[str, str | bytes],
        fields: Sequence[tuple[str, str]] = (),
        licences: Mapping[str, str] | None = None,
        *,
        version: str = "1.0",
        description: str = "",
        direct_url: bool = False,
        recorded: Sequence[str] = (),
        installer: str = "pip",
    ) -> Path:
        """Write a distribution: `fields` are METADATA headers, `licences` files of its dist-info, `recorded` more of RECORD."""
        folder = f"{name.replace('-', '_').replace('.', '_')}-{version}.dist-info"
        head = [("Metadata-Version", "2.4"), ("Name", name), ("Version", version), *fields]
        own = {
            f"{folder}/METADATA": "".join(f"{key}: {value}\n" for key, value in head)
            + (f"\n{description}" if description else "")
        }
        own |= {f"{folder}/licenses/{path}": text for path, text in (licences or {}).items()}
        if direct_url:
            own[f"{folder}/direct_url.json"] = json.dumps({"url": "file:///somewhere", "dir_info": {"editable": True}})
        own[f"{folder}/INSTALLER"] = installer
        everything: dict[str, str | bytes] = {**files, **own}
        for path, content in everything.items():
            place = self.site / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        lines = [f"{path},sha256=x,1" for path in (*everything, *recorded)]
        (self.site / folder / "RECORD").write_text("\n".join([*lines, f"{folder}/RECORD,,"]) + "\n", encoding="utf-8")
        return self.site / folder

    def context(self, cache: Path, **options: object) -> SourceContext:
        chosen = {"site_packages": [str(self.site)], **options}
        return SourceContext("python_distributions", chosen, cache, 1 << 20, 1 << 24)

    def raw(self, name: str, cache: Path) -> list[RawFile]:
        context = self.context(cache)
        upstream = python_distributions.discover(context).partitions[name]
        return list(python_distributions.fetch(context, name, upstream))

    def read(self, name: str, cache: Path) -> list[Document | Skipped]:
        """Everything documents() yields for one distribution."""
        return list(python_distributions.documents(self.context(cache), name, self.raw(name, cache)))

    def documents(self, name: str, cache: Path) -> dict[str, Document]:
        """The documents of one distribution by their path behind the distribution's name."""
        found = [item for item in self.read(name, cache) if isinstance(item, Document)]
        return {document.native_id.removeprefix(f"{name}/"): document for document in found}


def library(folder: Path, files: Mapping[str, str], modules: int = 30) -> Path:
    """A standard library of `modules` one-line modules and the given files."""
    named = {f"module_{number}.py": f"VALUE = {number}\n" for number in range(modules)}
    for path, text in {**named, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder
