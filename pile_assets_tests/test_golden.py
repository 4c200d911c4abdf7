"""Every step's output on one small corpus, as it was recorded under the step's code version.

A step whose output changes while its code version stays would leave old output standing beside new. Record again with
`python -m pile_assets_tests.test_golden`, after the version has been raised.
"""

import json
import tempfile
from pathlib import Path

from pile_assets.build import build
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word

RECORDED = Path(__file__).parent / "golden.json"


def observed(root: Path) -> dict[str, list[str]]:
    """Stage of a partition -> [code version, data version], over every stage of the store."""
    corpus = Corpus(root, ("fables", "songs"), shard_bytes=4_000)
    corpus.publish(
        "fables", "one", [document("first"), document("mail", prose("mail") + "\nWrite to miller@example.org today.")]
    )
    corpus.publish("fables", "two", [document("near", with_changed_word(prose("first"))), document("short", "Too short.")])
    code = "".join(f"def grind_{n}(grain):\n    return grain * {n}\n\n\n" for n in range(12))
    lines = [
        document("code", code, media_type="text/x-python", licence="MIT", author="A. Miller"),
        document("held", licence=""),
    ]
    corpus.publish("songs", "mixed", lines)
    session = corpus.deployment.open()
    build(session)
    found = {}
    for address in session.view.store.addresses():
        manifest = session.view.need(address)
        found[f"{address.owner}/{address.stage}/{address.partition}"] = [manifest.code_version, manifest.data_version]
    return found


def changed_in_silence(recorded: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    """Steps with the recorded code version and another output, or without a record at all."""
    return sorted(
        name
        for name, (code, data) in now.items()
        if name not in recorded or (recorded[name][0] == code and recorded[name][1] != data)
    )


def test_no_step_changes_its_output_under_the_same_code_version(tmp_path: Path) -> None:
    recorded = json.loads(RECORDED.read_text())
    now = observed(tmp_path)
    assert changed_in_silence(recorded, now) == []
    assert recorded.keys() == now.keys()


def test_a_silent_change_would_be_noticed() -> None:
    recorded = {"a/cleaned/one": ["1", "x"]}
    assert changed_in_silence(recorded, {"a/cleaned/one": ["1", "y"]}) == ["a/cleaned/one"]
    assert changed_in_silence(recorded, {"a/cleaned/one": ["2", "y"]}) == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        RECORDED.write_text(json.dumps(observed(Path(folder)), indent=1, sort_keys=True) + "\n")
