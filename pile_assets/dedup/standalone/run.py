"""Bring the results in a folder up to date with a list of inputs.

    OUT/
      manifest.json            the commit point: inputs, their parts and the files of their verdicts, what was left out
      verdicts/*.parquet       id, verdict, dup_of, agreement: one file for each part of an input
      signatures/*.parquet     see `signing.SIGNED`
      problems.jsonl           every line and input that was left out, and why
      cache/                   the engine's state, and what each input came to; deletable, costs time only

What belongs here: which inputs must be signed, which ids stand twice, which verdicts are written, and the commit. What may
not: reading and signing an input (`signing`), deciding a verdict (`engine`).

Everything but `cache` is a pure function of the inputs, in their order, and of the version of the code, never of earlier
runs. Of two documents that are alike, the one whose input was named first is kept. Files are named by their content and
written before the manifest that names them; those that it names no longer are removed after it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets.dedup import resolve
from pile_assets.dedup.engine import OFFERED, Engine, Member
from pile_assets.dedup.standalone.reading import SUPPORTED, Columns, Problem
from pile_assets.dedup.standalone.signing import PROBLEMS_KEPT, Input, Signed, file_digest, input_key, sign
from pile_assets.dedup.standalone.workers import pool
from pile_assets.errors import PileError, Quarantine
from pile_assets.store import Address, FileRef, Store, canonical, digest, write_atomically

VERDICTS = Address("", "verdicts", "")
FORMAT = b"pile dedup 1\n"
"""What `format` says in a folder of results; another number is another layout."""

STRIDE = 1 << 20
"""Between the ranks of successive inputs, so that a new one finds room between two others without moving them."""

Progress = Callable[[str, int, int], None]


class Results(Store):
    """The folder of results, with the files of each kind side by side."""

    def _check_format(self) -> None:
        """Take a folder that is new, empty or of earlier results: what is in another would be in danger.

        One that holds nothing but a temporary file is of a run that was killed before it could say what the folder is.
        """
        marker = self.home / "format"
        if not self.home.exists() or all(path.match(".*.tmp") for path in self.home.iterdir()):
            self.home.mkdir(parents=True, exist_ok=True)
            write_atomically(marker, FORMAT)
        elif not marker.is_file() or marker.read_bytes() != FORMAT:
            raise PileError(
                f"The folder {self.home} holds something else than results of this version.",
                remedy="Name a folder that does not exist yet with --out.",
            )

    def folder(self, address: Address) -> Path:
        return self.home / address.stage

    @property
    def cache(self) -> Path:
        return self.home / "cache"


@dataclass(frozen=True)
class Part:
    """A member of the engine: a part file without the documents whose id stands elsewhere before."""

    input: str
    name: str
    """Unique; stays while the part begins after the same id."""
    file: FileRef
    without: tuple[int, ...] = ()
    """Lines."""

    @property
    def version(self) -> str:
        return digest([self.file.sha256, self.without])


@dataclass
class Report:
    """What a run found and did. Counts are documents unless said otherwise."""

    inputs: int
    signed: int  # inputs that were read and signed, not taken from an earlier run
    documents: int = 0
    bytes: int = 0  # of text
    verdicts: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)  # lines by reason
    failed: dict[str, str] = field(default_factory=dict)  # inputs left out, and why
    evaluated: int = 0
    rebuilt: str | None = None
    written: int = 0  # files of verdicts


def find_inputs(paths: Sequence[Path], out: Path) -> list[Input]:
    """The files named, and those in the folders named, in order of their path; none of the results in `out`.

    Raises PileError, with all that is wrong, for what is neither.
    """
    found: dict[str, Input] = {}
    problems = []
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if _is_input(file, out))
        else:
            files = [path]
            if not path.name.endswith(SUPPORTED):
                problems.append(f"{path} ends in none of {', '.join(SUPPORTED)}")
        if path.is_dir() and not files:
            problems.append(f"{path} has no such file in it")
        if not path.exists():
            problems.append(f"{path} does not exist")
        for file in files:
            found.setdefault(file.as_posix(), Input(file.as_posix(), file))
    if problems:
        raise PileError(f"Not inputs: {'; '.join(problems)}.", remedy="Name JSON lines or Parquet files, or folders of them.")
    return list(found.values())


def _is_input(file: Path, out: Path) -> bool:
    return file.name.endswith(SUPPORTED) and file.is_file() and not file.resolve().is_relative_to(out.resolve())


def run(inputs: Sequence[Input], out: Path, columns: Columns, workers: int = 1, progress: Progress | None = None) -> Report:
    """Verdicts on the documents of exactly these inputs. Raises Busy where another run is at the folder, and PileError."""
    results = Results(out)
    tell = progress or (lambda what, done, total: None)
    with results.lock("pile dedup run", exclusive=True):
        results.sweep()
        before = _previous(out)
        signed, fresh = sign_all(results, inputs, columns, workers, tell)
        parts, repeated = _parts(results, signed)
        tell("deciding", len(inputs), len(inputs))
        engine = Engine(results.cache / "engine")
        update = engine.bring_up_to(_members(results, inputs, parts), _loader(results, parts))
        files, written = _write_verdicts(results, engine, parts, before)
        report = Report(len(inputs), fresh, evaluated=update.evaluated, rebuilt=update.rebuilt, written=written)
        _commit(results, inputs, signed, parts, repeated, files, report)
    return report


# -- signatures ----------------------------------------------------------------------------------------------------------


def sign_all(
    results: Results, inputs: Sequence[Input], columns: Columns, workers: int, tell: Progress
) -> tuple[list[Signed], int]:
    """What each input came to, and how many were signed now. Each is committed by itself: a stopped run goes on from there."""

    found: list[Signed] = []
    fresh = 0
    with pool(workers, inputs) as executor:
        for number, (signed, now) in enumerate(executor.map(partial(_sign_one, results.home, columns), inputs), 1):
            tell(signed.name, number, len(inputs))
            found.append(signed)
            fresh += now
    return found, fresh


def _sign_one(home: Path, columns: Columns, given: Input) -> tuple[Signed, bool]:
    """What an input came to, and whether it was signed now."""
    results = Results(home)
    record = results.cache / "inputs" / f"{digest(given.name)}.json"
    try:
        key = input_key(file_digest(given.path), columns)
    except Quarantine as error:
        return Signed.left_out(given.name, "", error), False
    known = _known(results, record)
    if known and known.key == key and known.name == given.name:
        return known, False
    signed = sign(results, given, key, columns)
    write_atomically(record, signed.to_bytes())
    return signed, True


def _known(results: Results, record: Path) -> Signed | None:
    """What an input came to in an earlier run, if its files are all there."""
    try:
        signed = Signed.from_bytes(record.read_bytes())
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return signed if all(_is_there(results, "signatures", part) for part in signed.parts) else None


def _is_there(results: Results, kind: str, file: FileRef) -> bool:
    """Whether a file of an earlier run is there whole, as far as its size tells."""
    path = results.home / kind / file.name
    return path.is_file() and path.stat().st_size == file.bytes


# -- members -------------------------------------------------------------------------------------------------------------


def _read(results: Results, file: FileRef, columns: Sequence[str]) -> pl.DataFrame:
    path = results.home / "signatures" / file.name
    try:
        return pl.read_parquet(path, columns=list(columns), glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise PileError(
            f"The file {path} is missing or damaged ({error}).",
            remedy="Delete it and run the command again: its input is signed again.",
        ) from error


def _parts(results: Results, signed: Sequence[Signed]) -> tuple[list[Part], dict[str, list[Problem]]]:
    """The parts of all inputs; and input -> the first `PROBLEMS_KEPT` documents left out because their id stands before.

    Ids are compared by a hash of 8 bytes first, so the memory is 16 bytes a document, and more for an id that stands twice.
    """
    files = [(each.name, name, file) for each in signed for name, file in zip(each.names, each.parts, strict=True)]
    hashes = [_read(results, file, ["id"])["id"].hash() for _, _, file in files]
    column = pl.concat(hashes) if hashes else pl.Series("id", [], pl.UInt64)
    suspects = column.filter(column.is_duplicated()).unique().implode()
    seen: dict[str, tuple[str, int]] = {}
    parts: list[Part] = []
    repeated: dict[str, list[Problem]] = {}
    for (name, part, file), hashed in zip(files, hashes, strict=True):
        without: list[int] = []
        if (suspected := hashed.is_in(suspects)).any():
            for identity, line in _read(results, file, ["id", "line"]).filter(suspected).rows():
                if identity in seen:
                    first, at = seen[identity]
                    without.append(line)
                    if len(told := repeated.setdefault(name, [])) < PROBLEMS_KEPT:
                        told.append(Problem(line, f"the id {identity} stands in line {at} of {first}"))
                else:
                    seen[identity] = name, line
        parts.append(Part(name, f"{name}#{part}", file, tuple(without)))
    return parts, repeated


def _loader(results: Results, parts: Sequence[Part]) -> Callable[[str], pl.DataFrame]:
    by_name = {part.name: part for part in parts}

    def load(name: str) -> pl.DataFrame:
        part = by_name[name]
        frame = _read(results, part.file, ["id", "norm_hash", "shingles", "signature", "line"])
        chosen = frame.filter(~pl.col("line").is_in(list(part.without)))
        return chosen.with_columns(quality=pl.lit(0, pl.Int64)).select(OFFERED.keys())

    return load


def _members(results: Results, inputs: Sequence[Input], parts: Sequence[Part]) -> dict[str, Member]:
    """The engine's members, ranked by the place of their input. The numbers are remembered, only their order matters."""
    path = results.cache / "ranks.json"
    try:
        known: Mapping[str, int] = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        known = {}
    ranks = numbered([given.name for given in inputs], known)
    write_atomically(path, canonical(ranks))
    return {part.name: Member(part.name, part.version, 0, ranks[part.input]) for part in parts}


def numbered(names: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    """A number for every name, rising along `names`; those known stay, as long as there is room in their order."""
    kept = [name for name in names if name in known]
    numbers = [known[name] for name in kept]
    if numbers != sorted(set(numbers)):
        return {name: (place + 1) * STRIDE for place, name in enumerate(names)}
    ranks: dict[str, int] = {}
    last = 0
    run: list[str] = []
    for name in [*names, None]:
        if name is not None and name not in known:
            run.append(name)
            continue
        end = known[name] if name is not None else last + STRIDE * (len(run) + 1)
        step = (end - last) // (len(run) + 1)
        if run and step < 1:
            return {each: (place + 1) * STRIDE for place, each in enumerate(names)}
        ranks |= {each: last + step * (place + 1) for place, each in enumerate(run)}
        if name is not None:
            ranks[name] = last = end
        run = []
    return ranks


# -- results -------------------------------------------------------------------------------------------------------------


def _previous(out: Path) -> Mapping[str, Any]:
    """The verdict files of the last commit by part, with the digest of what they hold."""
    try:
        manifest = json.loads((out / "manifest.json").read_bytes())
        return {part["name"]: part for each in manifest["inputs"] for part in each["parts"]}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}


def _write_verdicts(
    results: Results, engine: Engine, parts: Sequence[Part], before: Mapping[str, Any]
) -> tuple[dict[str, tuple[FileRef, str, dict[str, int]]], int]:
    """The file of every part's verdicts, their digest and their counts; and how many files were written."""
    files: dict[str, tuple[FileRef, str, dict[str, int]]] = {}
    written = 0
    for part in parts:
        now, old = engine.digest(part.name), before.get(part.name)
        if old and old["digest"] == now and _is_there(results, "verdicts", FileRef(**old["verdicts"])):
            files[part.name] = FileRef(**old["verdicts"]), now, old["counts"]
            continue
        verdicts = engine.verdicts(part.name).select(resolve.VERDICTS.keys())
        counts = dict(sorted(Counter(verdicts["verdict"].to_list()).items()))
        files[part.name] = results.write_part(VERDICTS, verdicts), now, counts
        written += 1
    return files, written


def _commit(
    results: Results,
    inputs: Sequence[Input],
    signed: Sequence[Signed],
    parts: Sequence[Part],
    repeated: Mapping[str, Sequence[Problem]],
    files: Mapping[str, tuple[FileRef, str, dict[str, int]]],
    report: Report,
) -> None:
    """Write problems and manifest, remove what the manifest names no longer, and fill in the report."""
    by_input: dict[str, list[dict[str, Any]]] = {given.name: [] for given in inputs}
    for part in parts:
        file, verdicts_digest, counts = files[part.name]
        entry = {"name": part.name, "signatures": asdict(part.file), "verdicts": asdict(file), "digest": verdicts_digest}
        by_input[part.input].append(entry | {"counts": counts})
        report.verdicts = dict(Counter(report.verdicts) + Counter(counts))
    for each in signed:
        report.bytes += each.text_bytes
        report.refused = dict(Counter(report.refused) + Counter(each.refused))
        if each.failed:
            report.failed[each.name] = each.failed
    twice: Counter[str] = Counter()
    for part in parts:
        twice[part.input] += len(part.without)
    if twice.total():
        report.refused["id stands twice"] = twice.total()
    report.documents = sum(report.verdicts.values())
    told = (
        canonical(line) + b"\n" for each in signed for line in _problems(each, repeated.get(each.name, ()), twice[each.name])
    )
    write_atomically(results.home / "problems.jsonl", b"".join(told))
    described = [
        {"name": each.name, "key": each.key, "refused": each.refused, "failed": each.failed, "parts": by_input[each.name]}
        for each in signed
    ]
    manifest = {"parameters": resolve.PARAMETERS, "inputs": described, "refused": report.refused, "verdicts": report.verdicts}
    write_atomically(results.home / "manifest.json", canonical(manifest))
    _remove_others(results.home / "signatures", {part.file.name for part in parts})
    _remove_others(results.home / "verdicts", {file.name for file, _, _ in files.values()})
    _remove_others(results.cache / "inputs", {f"{digest(given.name)}.json" for given in inputs})


def _problems(signed: Signed, repeated: Sequence[Problem], twice: int) -> Iterator[Mapping[str, Any]]:
    """What is told of one input: why it is left out, or the first `PROBLEMS_KEPT` lines that are and how many more."""
    if signed.failed:
        yield {"input": signed.name, "line": None, "reason": signed.failed}
    listed = (*signed.problems, *repeated)[:PROBLEMS_KEPT]
    for problem in listed:
        yield {"input": signed.name, "line": problem.line, "reason": problem.reason}
    if (untold := sum(signed.refused.values()) + twice - len(listed)) > 0:
        yield {"input": signed.name, "line": None, "reason": f"{untold} more lines; all are counted in manifest.json"}


def _remove_others(folder: Path, names: set[str]) -> None:
    """Remove the files of a folder that are not among `names`."""
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in names:
                path.unlink()
