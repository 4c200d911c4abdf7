"""Reading a folder of registry records: each file stands or falls alone.

What belongs here: YAML in, `Record`s and problems out. What may not: network, the store, Dagster.
"""

import importlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pile_assets.errors import RegistryError
from pile_assets.filters import FILTERS
from pile_assets.filters.policy import Policy, load_policy
from pile_assets.licensing.decisions import Decision
from pile_assets.registry.models import Record
from pile_assets.registry.plain_yaml import read_yaml
from pile_assets.review import evidence

DEFAULT_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Registry:
    """The records that are good, by source id in id order, their policies, and what is wrong with the others."""

    records: dict[str, Record] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    decisions: dict[str, tuple[Decision, ...]] = field(default_factory=dict)  # by file in decisions/
    problems: tuple[RegistryError, ...] = ()

    @property
    def broken(self) -> frozenset[str]:
        """Sources whose record exists but cannot be used: their last good state stays as it is."""
        return frozenset(problem.source for problem in self.problems if problem.source)


def load(folder: Path = DEFAULT_FOLDER) -> Registry:
    """All records of a folder. A bad record becomes a problem and never takes another source down."""
    records: dict[str, Record] = {}
    policies: dict[str, Policy] = {}
    problems: list[RegistryError] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            record = read_record(path)
            _check_snapshots(record, path)
            policy = read_policy(folder, record)
            _check_seniority(record, records.values(), path)
        except RegistryError as problem:
            problems.append(problem)
            continue
        records[record.id], policies[record.id] = record, policy
    decisions: dict[str, tuple[Decision, ...]] = {}
    for path in sorted(folder.glob("decisions/*.yaml")):
        try:
            decisions[path.stem] = read_decisions(path)
        except RegistryError as problem:
            problems.append(problem)
    return Registry(records, policies, decisions, tuple(problems))


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """What reviewers decided, a list in one file; raises RegistryError listing every field at fault."""
    try:
        content = read_yaml(path)
        return tuple(TypeAdapter(list[Decision]).validate_python(content if content is not None else []))
    except ValidationError as error:
        problems = _problems(error)
    except ValueError as error:
        problems = [str(error)]
    raise RegistryError(
        f"decisions/{path.name} is refused: {'; '.join(problems)}.",
        remedy=f"Mend decisions/{path.name}; until then its last good version holds.",
        source=f"decisions/{path.stem}",
        problems=problems,
    )


def read_record(path: Path) -> Record:
    """One record; raises RegistryError listing every field at fault."""
    source = path.stem
    try:
        content = read_yaml(path)
    except ValueError as error:
        raise RegistryError(
            f"{path.name}: {error}.", remedy="Mend the file; the other sources go on.", source=source
        ) from error
    if not isinstance(content, dict):
        raise RegistryError(f"{path.name} does not hold a record.", remedy="Start from `pile sources new`.", source=source)
    try:
        record = Record.model_validate(content)
    except ValidationError as error:
        raise _refused(path, _problems(error)) from error
    if record.id != source:
        raise _refused(path, [f"id: is {record.id!r} but the file is named {path.name}; rename one of them"])
    _check_connector(record, path)
    return record


def _check_snapshots(record: Record, path: Path) -> None:
    """The machine's part of the review: a snapshot has the hash and the words the record says."""
    folder = path.parent / "evidence" / record.id
    names = {entry.snapshot for entry in record.evidence if entry.snapshot}
    found = evidence.problems(record, {name: _content(folder / name) for name in names})
    if found:
        raise _refused(path, found)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _check_connector(record: Record, path: Path) -> None:
    """A connector that does not exist, cannot be imported or does not know an option takes down its own source only."""
    module = f"pile_assets.sources.{record.connector}"
    if importlib.util.find_spec(module) is None:
        raise _refused(path, [f"connector: there is no module pile_assets/sources/{record.connector}.py"])
    try:
        options = importlib.import_module(module).OPTIONS
    except Exception as error:  # whatever is wrong in it must not stop the others
        problem = f"connector: pile_assets/sources/{record.connector}.py cannot be imported: {type(error).__name__}: {error}"
        raise _refused(path, [problem]) from error
    if problems := options.problems(record.options):
        raise _refused(path, problems)


def read_policy(folder: Path, record: Record) -> Policy:
    """The policy a record names, checked against the record's filter chain."""
    path = folder / "policies" / f"{record.policy}.yaml"
    if not path.exists():
        path = DEFAULT_FOLDER / "policies" / f"{record.policy}.yaml"
    file = folder / f"{record.id}.yaml"
    unknown = [name for name in record.filters if name not in FILTERS]
    if unknown:
        raise _refused(
            file, [f"filters: there is no filter {name!r}; known are {', '.join(sorted(FILTERS))}" for name in unknown]
        )
    if not path.exists():
        raise _refused(file, [f"policy: there is no policies/{record.policy}.yaml"])
    try:
        policy = load_policy(path)
        policy.check(record.filters)
    except RegistryError as error:
        raise RegistryError(error.cause, remedy=error.remedy, source=record.id, problems=error.problems) from error
    return policy


def _check_seniority(record: Record, others: Iterable[Record], path: Path) -> None:
    for other in others:
        if other.seniority == record.seniority:
            raise _refused(path, [f"seniority: {record.seniority} is already that of {other.id}; choose a free number"])


def _refused(path: Path, problems: list[str]) -> RegistryError:
    listed = "; ".join(problems)
    return RegistryError(
        f"{path.name} is refused: {listed}.",
        remedy=f"Mend {path.name} and run `pile sources check {path.stem}`; the other sources go on.",
        source=path.stem,
        problems=problems,
    )


def _problems(error: ValidationError) -> list[str]:
    return [f"{'.'.join(str(part) for part in item['loc']) or 'record'}: {item['msg']}" for item in error.errors()]
