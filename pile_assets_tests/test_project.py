"""What must stay true of the project's own files, whoever edits them.

Each guard is a function from contents to a list of complaints. It is asked twice: about the project, where it must have
none, and about a planted fault, where it must have one; a guard that cannot fail guards nothing.
"""

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import dagster as dg
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from pile_assets import doctor

PROJECT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
BENCH_LOCK = (PROJECT / "requirements-bench.lock").read_text(encoding="utf-8")
JUDGES = (PROJECT / "requirements-judges.in").read_text(encoding="utf-8")
JUDGES_LOCK = (PROJECT / "requirements-judges.lock").read_text(encoding="utf-8")
LONGEST_MODULE = 420

Files = Mapping[str, str]


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Every tracked text file by its path."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("the project is not a git checkout, so there is no list of its files")
    files = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = PROJECT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            files[name] = content.decode("utf-8")
    return files


@pytest.fixture(scope="module")
def modules(tracked: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in tracked.items() if name.endswith(".py")}


# -- no registry addresses -----------------------------------------------------------------------------------------

REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("anaconda", "org"),
        ("deb", "debian", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
    )
]
"""Spelled in pieces, so that this file passes its own guard."""


def registry_hosts(files: Files) -> list[str]:
    pattern = re.compile("|".join(map(re.escape, REGISTRY_HOSTS)), re.IGNORECASE)
    return [f"{name} names {match[0]}" for name, text in files.items() for match in pattern.finditer(text)]


def test_no_tracked_file_names_the_host_of_a_package_registry(tracked):
    assert registry_hosts(tracked) == []


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_a_planted_registry_host_is_found(host):
    assert registry_hosts({"requirements.lock": f"--extra-index-url https://files.{host.upper()}/simple\n"})


# -- the layers ----------------------------------------------------------------------------------------------------


def without_a_layer(architecture: str, names: Iterable[str]) -> list[str]:
    """Modules and packages at the top of pile_assets that the page's table of layers does not place."""
    table = architecture.partition("## The layers")[2].partition("\n## ")[0]
    return [f"{name} is in no layer of docs/architecture.md" for name in sorted(names) if f"`{name}`" not in table]


def test_every_module_at_the_top_has_a_layer(tracked):
    tops = {PurePosixPath(name).parts[1].removesuffix(".py") for name in tracked if re.match(r"pile_assets/.+\.py$", name)}
    assert without_a_layer(tracked["docs/architecture.md"], tops - {"__init__", "definitions"}) == []


def test_a_planted_module_without_a_layer_is_found():
    assert without_a_layer("## The layers\n| store | `store` |\n## Text\n`pins`", {"store", "pins"})


# -- dependencies --------------------------------------------------------------------------------------------------


def declared(*extras: str) -> list[str]:
    project = PYPROJECT["project"]
    return [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]


def next_breaking(version: Version) -> Version:
    """The next major, or the next minor of what is still at major 0."""
    return Version(f"{version.major + 1}") if version.major else Version(f"0.{version.minor + 1}")


def loose_ranges(requirements: Iterable[str]) -> list[str]:
    complaints = []
    for line in requirements:
        bounds = {clause.operator: Version(clause.version) for clause in Requirement(line).specifier}
        if set(bounds) != {">=", "<"}:
            complaints.append(f"{line} is not a range from >= to <")
        elif bounds["<"] > next_breaking(bounds[">="]):
            complaints.append(f"{line} lets in {next_breaking(bounds['>='])}, which may break it")
    return complaints


def test_every_dependency_is_a_range_that_ends_at_the_next_breaking_release():
    assert (
        loose_ranges([*declared(*PYPROJECT["project"]["optional-dependencies"]), *PYPROJECT["build-system"]["requires"]]) == []
    )


@pytest.mark.parametrize("line", ["polars", "polars>=2.1", "polars<3", "polars==2.1", "polars>=2.1,<4", "numba>=0.68,<0.70"])
def test_a_planted_open_or_wide_range_is_found(line):
    assert loose_ranges([line])


def lock_entries(lock: str) -> list[str]:
    """Its requirements, each on one line with its hashes."""
    return [line for line in lock.replace("\\\n", " ").splitlines() if line.strip()]


def lock_faults(lock: str) -> list[str]:
    entry = re.compile(r"[a-z0-9-]+==[^\s;]+(?: ; [^\\]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    return [line for line in lock_entries(lock) if "://" in line or not entry.fullmatch(line)]


@pytest.mark.parametrize(("lock", "least"), [(LOCK, 50), (BENCH_LOCK, 50), (JUDGES_LOCK, 20)], ids=["main", "bench", "judges"])
def test_a_lock_holds_only_exact_versions_with_hashes_and_no_address(lock, least):
    assert lock_faults(lock) == []
    assert len(lock_entries(lock)) > least


def test_what_judges_a_release_is_no_dependency():
    judges = [line for line in JUDGES.splitlines() if line and not line.startswith("#")]
    assert {Requirement(line).name for line in judges} == {"mlcroissant", "reuse"}
    assert loose_ranges(judges) == []
    assert unanswered(judges, JUDGES_LOCK) == []
    assert not {Requirement(line).name for line in judges} & {line.split("==")[0] for line in lock_entries(LOCK)}


HASH = f"--hash=sha256:{'0' * 64}"


@pytest.mark.parametrize(
    "line",
    [
        "polars==2.1.0",
        f"polars>=2.1.0 \\\n    {HASH}",
        f"polars @ https://example.org/polars.whl \\\n    {HASH}",
        "--index-url https://example.org/simple",
        "--find-links /opt/wheels",
        "-e .",
    ],
)
def test_a_planted_unhashed_open_or_addressed_line_is_found(line):
    assert lock_faults(f"polars==2.1.0 \\\n    {HASH}\n{line}\n")


def unanswered(requirements: Iterable[str], lock: str) -> list[str]:
    """Declared ranges for which the lock has no version."""
    locked = dict(line.split()[0].split("==") for line in lock_entries(lock))
    parsed = [Requirement(line) for line in requirements]
    return [str(need) for need in parsed if need.name not in locked or locked[need.name] not in need.specifier]


def test_a_lock_answers_every_range():
    assert unanswered(declared("dev"), LOCK) == []
    assert unanswered(declared("bench"), BENCH_LOCK) == []


def test_both_locks_have_the_same_version_of_what_the_project_depends_on():
    """Else the benchmarks would measure another project than the one that is run."""
    main, bench = (dict(line.split()[0].split("==") for line in lock_entries(lock)) for lock in (LOCK, BENCH_LOCK))
    names = [Requirement(line).name for line in declared()]
    assert {name: bench[name] for name in names} == {name: main[name] for name in names}


@pytest.mark.parametrize("line", ["polars>=2.2,<3", "not-in-the-lock>=1,<2"])
def test_a_planted_range_that_the_lock_does_not_answer_is_found(line):
    assert unanswered([line], f"polars==2.1.0 {HASH}\n")


def test_the_doctor_and_the_package_ask_for_the_same_python():
    oldest, newest = doctor.OLDEST_PYTHON, doctor.NEWEST_PYTHON
    assert PYPROJECT["project"]["requires-python"] == f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"


# -- modules -------------------------------------------------------------------------------------------------------


def may_import_dagster(name: str) -> bool:
    return name == "pile_assets/definitions.py" or name.startswith(("pile_assets/graph/", "pile_assets_tests/", "benchmarks/"))


def imported(tree: ast.AST) -> set[str]:
    """The top-level packages that a module imports anywhere, also inside functions."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return {name.partition(".")[0] for name in names}


def strays_into_dagster(files: Files) -> list[str]:
    return [
        name
        for name, text in files.items()
        if not may_import_dagster(name) and any(package.startswith("dagster") for package in imported(ast.parse(text)))
    ]


def test_only_the_graph_and_the_definitions_import_dagster(modules):
    assert strays_into_dagster(modules) == []


@pytest.mark.parametrize(
    "text",
    ["import dagster as dg", "from dagster import asset", "def f():\n    import dagster_graphql.client", "import dagster.x"],
)
def test_a_planted_import_of_dagster_is_found(text):
    assert strays_into_dagster({"pile_assets/filters/length.py": text, "pile_assets/graph/sensors.py": text}) == [
        "pile_assets/filters/length.py"
    ]


def postponed_annotations(files: Files) -> list[str]:
    """Dagster reads the annotations of an asset's body; postponed, they are strings that name nothing in a factory."""
    return [
        name
        for name, text in files.items()
        if name.startswith("pile_assets/graph/") and "__future__" in imported(ast.parse(text))
    ]


def test_no_module_of_the_graph_postpones_its_annotations(modules):
    assert postponed_annotations(modules) == []


def test_a_planted_postponed_annotation_is_found():
    assert postponed_annotations({"pile_assets/graph/assets.py": "from __future__ import annotations"})


def without_docstring(files: Files) -> list[str]:
    return [name for name, text in files.items() if not (ast.get_docstring(ast.parse(text)) or "").strip()]


def test_every_module_says_what_it_is_for(modules):
    assert without_docstring(modules) == []


@pytest.mark.parametrize("text", ["", "x = 1", "# a comment", '"""  """', 'x = 1\n"""Too late."""'])
def test_a_planted_module_without_a_docstring_is_found(text):
    assert without_docstring({"pile_assets/filters/length.py": text})


def overlong(files: Files) -> list[str]:
    return [name for name, text in files.items() if len(text.splitlines()) >= LONGEST_MODULE]


def test_no_module_is_too_long_to_be_read(modules):
    assert overlong(modules) == []


def test_a_planted_overlong_module_is_found():
    assert overlong({"a.py": "x\n" * LONGEST_MODULE, "b.py": "x\n" * (LONGEST_MODULE - 1)}) == ["a.py"]


DRAWER = re.compile(r"_*(utils?|utilities|commons?|misc|helpers?|shared|stuff)_*", re.IGNORECASE)


def drawers(names: Iterable[str]) -> list[str]:
    return [name for name in names if any(DRAWER.fullmatch(part) for part in PurePosixPath(name).with_suffix("").parts)]


def test_no_module_is_a_drawer_for_whatever_has_no_place(modules):
    assert drawers(modules) == []


@pytest.mark.parametrize("name", ["pile_assets/utils.py", "pile_assets/common/text.py", "pile_assets_tests/_helpers.py"])
def test_a_planted_drawer_is_found(name):
    assert drawers([name, "pile_assets/filters/length.py"]) == [name]


# -- what the pages say --------------------------------------------------------------------------------------------


def missing_targets(pages: Files, makefile: str) -> list[str]:
    """`make` commands of the pages that the Makefile does not have."""
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    said = [(name, word) for name, text in pages.items() for word in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)]
    return [f"{name}: make {word}" for name, word in said if word not in targets]


def dead_links(pages: Files, exists: Iterable[str]) -> list[str]:
    """Relative links of Markdown pages that lead to no file of the project."""
    known, complaints = {"", *exists}, []
    for name, text in pages.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            target = link.partition("#")[0]
            if "://" not in link and str(PurePosixPath(_resolve(PurePosixPath(name).parent / target))) not in known:
                complaints.append(f"{name}: {link}")
    return complaints


def _resolve(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


@pytest.fixture(scope="module")
def pages(tracked: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in tracked.items() if name.endswith(".md")}


def test_every_make_command_of_the_pages_exists(tracked, pages):
    assert missing_targets({**pages, ".ci/run": tracked[".ci/run"].replace("exec ", "")}, tracked["Makefile"]) == []


def test_a_planted_make_command_that_does_not_exist_is_found():
    assert missing_targets({"README.md": "```\nmake corpus\n```\nor `make run`, or `make run-twice`"}, "run:\n") == [
        "README.md: make corpus",
        "README.md: make run-twice",
    ]


def test_every_relative_link_of_the_pages_leads_somewhere(tracked, pages):
    folders = {str(parent) for name in tracked for parent in PurePosixPath(name).parents}
    assert dead_links(pages, {*tracked, *folders}) == []


def test_a_planted_dead_link_is_found():
    page = {"docs/a.md": "[here](b.md#part) [there](../README.md) [lost](c.md) [away](https://example.org/c.md)"}
    assert dead_links(page, {"docs/a.md", "docs/b.md", "README.md"}) == ["docs/a.md: c.md"]


# -- the instance --------------------------------------------------------------------------------------------------


@pytest.fixture
def dagster_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def test_dagster_accepts_the_instance_file_and_keeps_its_records_beside_it(dagster_home):
    with dg.DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_retries_enabled
        assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] > 0
        assert instance.get_run_records(limit=1) == []
    assert (dagster_home / "history" / "runs.db").is_file()


def test_dagster_refuses_a_second_limit_on_runs(dagster_home):
    settings = yaml.safe_load((dagster_home / "dagster.yaml").read_text(encoding="utf-8"))
    settings["run_queue"]["max_concurrent_runs"] = 4
    (dagster_home / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.DagsterInstance.get()
