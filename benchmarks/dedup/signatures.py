"""From jsonl.gz to signatures on disk, on one core, beside datatrove.

    .venv-bench/bin/python -m benchmarks.dedup.signatures

Run by `make bench-dedup`.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.dedup import measure

TARGET = 15.0
ROUNDS_OF_DEFAULT = 1


class Split:
    """In place of datatrove's tokenizer."""

    def word_tokenize(self, text: str) -> list[str]:
        return text.split()


def ours(source: Path) -> None:
    from pile_assets.dedup.standalone.reading import Columns
    from pile_assets.dedup.standalone.run import Results
    from pile_assets.dedup.standalone.signing import Input, sign

    with tempfile.TemporaryDirectory() as out:
        signed = sign(Results(Path(out)), Input(source.name, source), "", Columns())
        assert signed.documents, "nothing was signed"
        assert not signed.failed, signed.failed


def theirs(source: Path, tokenizer: Any = None) -> None:
    """Its default hash is called here, since its own call is to an older version of the library, which took strings."""
    import xxhash
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.readers import JsonlReader

    with tempfile.TemporaryDirectory() as out:
        step = MinhashDedupSignature(out)
        step.word_tokenizer = tokenizer or step.word_tokenizer
        step._hash_func = lambda text: xxhash.xxh64_intdigest(text.encode())
        step.run(JsonlReader(str(source.parent), glob_pattern=source.name).run(rank=0, world_size=1), 0, 1)
        assert (Path(out) / "bucket_013" / "00000.minhash.sig").stat().st_size, "nothing was signed"


def main() -> None:
    measure.one_core()
    from loguru import logger

    from benchmarks.dedup.corpus import corpus, describe, write_jsonl

    logger.remove()
    made = corpus(4_000, 0)
    few = made.texts[:300]
    with tempfile.TemporaryDirectory() as folder:
        whole, part = Path(folder) / "whole.jsonl.gz", Path(folder) / "part.jsonl.gz"
        write_jsonl(made.texts, whole)
        write_jsonl(few, part)
        split = {"pile": lambda: ours(whole), "datatrove": lambda: theirs(whole, Split())}
        spent = measure.interleaved(split)
        default: dict[str, Callable[[], object]] = {"pile": lambda: ours(part), "datatrove": lambda: theirs(part)}
        spent_default = measure.interleaved(default, ROUNDS_OF_DEFAULT)
    print("Signatures: jsonl.gz to 112 hashes a document on disk, one core")
    print(f"  {describe(made)}")
    print(f"  {'':44}{'CPU s':>9}{'MB/CPU s':>10}{'ratio':>8}{'target':>8}")
    row("pile", measure.cpu(spent["pile"]), made.megabytes)
    found = measure.ratio(spent["datatrove"], spent["pile"])
    met = measure.verdict(found >= TARGET)
    rest = f"{found:8.1f}{TARGET:8.0f}  {met}"
    row("datatrove, tokenizer replaced by str.split", measure.cpu(spent["datatrove"]), made.megabytes, rest)
    size = sum(len(text.encode()) for text in few) / 1e6
    row(f"pile, the first {len(few)} documents", measure.cpu(spent_default["pile"]), size)
    found = measure.ratio(spent_default["datatrove"], spent_default["pile"])
    row("datatrove, its default tokenizer, the same", measure.cpu(spent_default["datatrove"]), size, f"{found:8.1f}       -")
    print("  Ours includes: unpacking, JSON, normalisation with NFKD, a hash of the normalised text, Parquet with fsync.")
    print("  Theirs includes: unpacking, JSON, its normalisation (punctuation and numbers too), 14 files sorted and read back.")
    print("  Left out of both: start and imports, compiling, finding duplicates. Theirs hashes to 64 bits, ours to 32.")
    measure.finish()


def row(name: str, seconds: float, megabytes: float, rest: str = "") -> None:
    print(f"  {name:44}{seconds:9.3f}{megabytes / seconds:10.1f}{rest}")


if __name__ == "__main__":
    main()
