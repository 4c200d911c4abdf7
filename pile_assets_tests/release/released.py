"""A real release with what a release has: all four families, prescribed statements, masked data, notices, hostile titles."""

import shutil
from pathlib import Path

from pile_assets.build import build
from pile_assets.release import directory, layout
from pile_assets.store import file_sha256
from pile_assets_tests.deployments import Corpus, document, prose
from pile_assets_tests.graph.daemon import POLICY

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"> & \u2028 | `x` \u202e \x07"
SECRET = "the lantern of the miller's daughter"
"""Words of a text: no page may show them."""

MIXTURES = {"fables": {"main": 2.25, "cooldown": 0}, "papers": {"main": 1, "cooldown": 0.5}}
"""Weights of every kind: copies, a fraction beside copies, a fraction, none."""

MASKING = POLICY.replace(
    "edits: []", 'edits: [{spans: pii.spans, masks: {email: "<|email|>", ip: "<|ip|>", phone: "<|phone|>"}}]'
)


def corpus(root: Path) -> Corpus:
    """Not built yet."""
    made = Corpus(root, (), shard_bytes=8_000)
    (made.registry / "policies").mkdir()
    (made.registry / "policies" / "plain.yaml").write_text(MASKING)
    for number, name in enumerate(("fables", "papers")):
        homepage = f"https://example.org/about/{name}"
        made.add_source(
            name, number, filters=["length", "language", "pii"], policy="plain", homepage=homepage, mixture=MIXTURES[name]
        )
    made.publish("fables", "one", [document(f"fable-{number}", created=f"{1890 + 9 * number}") for number in range(6)])
    made.publish(
        "papers",
        "mixed",
        [
            document("hostile", f"{prose('hostile')} {SECRET}.", title=HOSTILE, licence="CC-BY-4.0", author="Zoë Müller"),
            document("shared", licence="CC-BY-SA-4.0", title="Über die Brücke"),
            document("minutes", licence="OGL-UK-3.0", url="https://www.Example.org/Minutes/2024/#top", author="The Council"),
            document("table", licence="ODbL-1.0", url="https://doi.org/10.1234/Mill.Table", title="Tables of the mill"),
            document("code", licence="MIT OR Apache-2.0", title="Milling in C"),
            document("book", licence="CC0-1.0", title="Mills. ISBN 978-3-16-148410-0", created="1931-05"),
            document("mail", f"{prose('mail')} Write to miller@mill.example.com for grain.", licence="CC-BY-3.0"),
            document("uncredited", licence="CC-BY-4.0", author=None),
        ],
    )
    return made


def release(made: Corpus) -> Path:
    """Build, and where the directory of the latest release is."""
    session = made.deployment.open()
    report = build(session)
    assert not report.failed, report.failed
    latest = directory.latest(session.view.store)
    assert latest
    return directory.folder(session.view.store, latest)


def copied(released: Path, to: Path) -> Path:
    """A copy that can be damaged without damaging the store."""
    return Path(shutil.copytree(released, to))


def reseal(root: Path) -> None:
    """List the digests of all files as they are now, as a writer with a defect would."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.name != layout.SUMS)
    lines = [f"{file_sha256(path)}  {path.relative_to(root).as_posix()}\n" for path in files]
    (root / layout.SUMS).write_text("".join(lines))
