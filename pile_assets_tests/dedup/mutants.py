"""Whether the tests of the engine can fail: each named fault, planted in a copy of the project, must be found by them.

    python -m pile_assets_tests.dedup.mutants [NAME...]

Every mutant gets a copy of its own and an empty cache of compiled code, since Numba looks at a function's own file only. The
unchanged project must pass first. Prints a line for each, and exits 1 where one survives or cannot be judged.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = "60"
SECONDS = 900
"""After which a mutant counts as found: the unchanged project takes a fraction of it."""
AT_ONCE = 2

TESTS = ("propagation", "engine", "following")
JUDGES = (
    "TestFollowing",
    "TestFollowingTexts",
    "ids_whose_hashes_are_equal",
    "decided_once",
    "comes_last",
    "in_a_crowd",
    "rank_before_it",
    "were_said_to_be",
)
RUN = (
    "import sys, pathlib, pytest, pile_assets; "
    "assert pathlib.Path(pile_assets.__file__).is_relative_to(pathlib.Path.cwd()), pile_assets.__file__; "
    "sys.exit(pytest.main(sys.argv[1:]))"
)
UNJUDGED = ("TypingError", "SyntaxError", "NameError", "ImportError", "LoweringError")
"""What says that a mutant is no program, so that its failure proves nothing."""


@dataclass(frozen=True)
class Mutant:
    """One fault: in a module of `pile_assets/dedup`, `old` stands once and becomes `new`."""

    name: str
    module: str
    old: str
    new: str

    def plant(self, project: Path) -> None:
        path = project / "pile_assets" / "dedup" / self.module
        text = path.read_text()
        if text.count(self.old) != 1:
            raise ValueError(
                f"{self.name}: what it changes stands {text.count(self.old)} times in {self.module}; mend the mutant"
            )
        path.write_text(text.replace(self.old, self.new))


LOOKS = """    for which in range(1, keys_to_search(documents, document)):
        key = key_of(documents, document, which)
        for run in range(index.runs.shape[0]):"""
STOPS = "if not better(documents, other, document) or (best >= 0 and not better(documents, other, best)):"
RANKS = """    if documents.rank[left] != documents.rank[right]:
        return bool(documents.rank[left] < documents.rank[right])"""
DEMOTES = """                    if found and documents.canonical[other] == other:
                        heap, size = _push(documents, heap, size, np.uint32(other))
                        waiting[other] = 1"""
POINTS = "documents.canonical[other], documents.agreement[other] = np.uint32(winner), np.uint8(max(found, 0))"
FOLLOWS = "following = position + np.int64(rows[position])"
BEHIND = """        if in_bucket(index, run, middle, key) and better(documents, np.int64(index.refs[middle]), document):
            low = middle + 1"""
PARENTS = "if not _before(documents, document, heap[parent]):"

MUTANTS = (
    Mutant(
        "no wake of dependants",
        "propagation.py",
        "if before == document and after != document:",
        "if before == document and after != document and size < 0:",
    ),
    Mutant(
        "purge before propagation",
        "propagation.py",
        "if before == document and after != document:",
        "if before == document and after != document and after != NONE:",
    ),
    Mutant("no demotion of worse kept", "propagation.py", DEMOTES, DEMOTES.partition("\n")[0] + "\n" + 24 * " " + "pass"),
    Mutant("no re-point of dup_of", "propagation.py", POINTS, "pass"),
    Mutant(
        "first kept instead of best kept",
        "propagation.py",
        STOPS,
        "if not better(documents, other, document) or best >= 0:",
    ),
    Mutant("exact duplicates not looked for", "propagation.py", LOOKS, LOOKS.replace("range(1,", "range(2,")),
    Mutant("short documents matched nearly", "propagation.py", "return KEYS if documents.near[document] else 2", "return KEYS"),
    Mutant(
        "threshold off by one",
        "propagation.py",
        "return equal if equal >= threshold else 0",
        "return equal if equal > threshold else 0",
    ),
    Mutant(
        "whoever is worse passed for good",
        "propagation.py",
        "return canonical != other and not better(documents, document, canonical)",
        "return canonical != other",
    ),
    Mutant(
        "kept ones passed for good",
        "propagation.py",
        "return canonical != other and not better(documents, document, canonical)",
        "return canonical == other or not better(documents, document, canonical)",
    ),
    Mutant("a way too far", "propagation.py", FOLLOWS, FOLLOWS + " + 1"),
    Mutant("begins a place too far", "runs.py", BEHIND, BEHIND.replace("low = middle + 1", "low = middle + 2")),
    Mutant("heap without order", "propagation.py", PARENTS, "if parent >= 0:"),
    Mutant(
        "arrival order instead of rank",
        "runs.py",
        RANKS,
        "    if left != right:\n        return bool(left < right)",
    ),
    Mutant("tie-break by number", "runs.py", "return compare_ids(documents, left, right) < 0", "return bool(left < right)"),
    Mutant(
        "merge forgets the order of rank",
        "runs.py",
        "first = not better(documents, np.int64(index.refs[j]), np.int64(index.refs[i]))",
        "first = True",
    ),
)


def judge(mutant: Mutant | None) -> str:
    """`killed`, `SURVIVED` or `NOT JUDGED`, with why; of the unchanged project `passes` or `NOT JUDGED`."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name in ("pile_assets", "pile_assets_tests"):
            shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PROJECT / "pyproject.toml", project)
        if mutant is not None:
            mutant.plant(project)
        dedup = "pile_assets_tests/dedup"
        arguments = ["-q", "-x", "-p", "no:cacheprovider", *(f"{dedup}/test_{name}.py" for name in TESTS)]
        environment = {**os.environ, "NUMBA_CACHE_DIR": f"{folder}/compiled", "PILE_FOLLOWING_EXAMPLES": EXAMPLES}
        try:
            done = subprocess.run(
                [sys.executable, "-c", RUN, *arguments, "-k", " or ".join(JUDGES)],
                cwd=project,
                env=environment,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return "NOT JUDGED: no end" if mutant is None else "killed: it comes to no end"
    if mutant is None:
        return "passes" if done.returncode == 0 else f"NOT JUDGED: it fails\n{done.stdout[-3000:]}"
    return _verdict(done.returncode, done.stdout)


def _verdict(code: int, output: str) -> str:
    if code == 0:
        return "SURVIVED"
    if code != 1 or any(word in output for word in UNJUDGED):
        return f"NOT JUDGED: exit code {code}\n{output[-3000:]}"
    failed = next((line for line in output.splitlines() if line.startswith("FAILED ")), "FAILED ?")
    return f"killed: {failed.removeprefix('FAILED ').partition(' - ')[0].rpartition('/')[2]}"


def main(names: list[str]) -> int:
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    unchanged = judge(None)
    print(f"{'the unchanged project':34} {unchanged}", flush=True)
    if unchanged != "passes":
        return 1
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = []
        for mutant, said in zip(chosen, pool.map(judge, chosen), strict=True):
            print(f"{mutant.name:34} {said}", flush=True)
            found.append(said)
    killed = sum(said.startswith("killed") for said in found)
    print(f"{killed} of {len(found)} mutants killed.")
    return 0 if killed == len(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
