"""`Files:` stanzas inside a licence file: which bundled component a licence is for, path by path.

Wheels append the licences of the shared libraries they bundle in this form (a loose cousin of Debian's machine-readable
copyright format 1.0). Only the splitting is done here; what a stanza's licence is worth is for `claims`.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

_START = re.compile(r"^(?:Name:[^\n]*\n(?:[^\n]*\n){0,3}?)?Files:[ \t]*(?P<files>[^\n]*(?:\n[ \t]+[^\n:]+$)*)", re.MULTILINE)
_LICENCE = re.compile(r"^Licen[sc]e:[ \t]*(?P<licence>[^\n]*)$", re.MULTILINE)
_BINARY = re.compile(r"\.(?:so|dylib|dll|pyd|exe|a|lib|o|jar|node|wasm|bin)(?:[.\d*]*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Stanza:
    """One component: its path patterns as written, its stated licence ("" where none is), and its text."""

    files: tuple[str, ...]
    licence: str
    text: str

    @property
    def binary(self) -> bool:
        """Whether every pattern names compiled libraries or a folder that holds nothing else."""
        return all(_BINARY.search(pattern) or PurePosixPath(pattern).parts[0].endswith(".libs") for pattern in self.files)


def split(text: str) -> tuple[str, tuple[Stanza, ...]]:
    """The licence text before the first stanza, and the stanzas in order; no stanzas where the file has none."""
    starts = [match for match in _START.finditer(text) if match["files"].split()]
    if not starts:
        return text, ()
    ends = [match.start() for match in starts[1:]] + [len(text)]
    stanzas = []
    for match, end in zip(starts, ends, strict=True):
        body = text[match.start() : end]
        stated = _LICENCE.search(body)
        stanzas.append(Stanza(tuple(match["files"].split()), stated["licence"].strip() if stated else "", body))
    return text[: starts[0].start()], tuple(stanzas)
