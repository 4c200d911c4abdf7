"""What a build would do now, rehearsed in a copy of the store; and whether the store became what it said.

What belongs here: forecasts and the comparison of the store with one. What may not: Dagster (`records`).
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pile_assets.build import build
from pile_assets.deployment import Deployment
from pile_assets.store import Address

Touched = Mapping[str, list[str]]
"""Stage -> what was materialized of it, `<source or domain>/<partition>`, sorted; twice where it was twice."""


@dataclass(frozen=True)
class Forecast:
    """What will be materialized, and the store as it will be then: every manifest with its digests, every number given."""

    touched: Touched
    manifests: Mapping[Address, bytes]
    seniority: Mapping[str, int]

    def chain_of(self, place: str) -> Touched:
        """What it says of one source partition, up to `eligible`."""
        return {stage: [place] for stage, places in self.touched.items() if place in places and stage != "unique"}


def forecast(deployment: Deployment) -> Forecast:
    """Rehearse a build. Not even a remembered step is left behind: the deployment's own store is not touched."""
    with tempfile.TemporaryDirectory(dir=deployment.home.parent) as folder:
        home = Path(folder) / "home"
        shutil.copytree(deployment.home, home, copy_function=_linking(deployment.home), ignore=shutil.ignore_patterns("locks"))
        session = replace(deployment, home=home).open(rehearse=True)
        report = build(session)
        assert not report.failed, report.failed
        changes = [f"{source}/{change.partition}" for source, found in report.changes.items() for change in found]
        touched = report.touched | ({"upstream": sorted(changes)} if changes else {})
        if "shards" in touched:
            touched["shard_inputs"] = touched["shards"]  # reported exactly where a shard is written
        return Forecast(
            touched,
            {address: session.view.need(address).to_bytes() for address in session.view.addresses()},
            session.state.seniority(),
        )


def unlike(deployment: Deployment, said: Forecast) -> Iterator[str]:
    """Where the store is not what a forecast said it would be, to the byte of every manifest."""
    session = deployment.open()
    for address in sorted({*said.manifests, *session.view.store.addresses()}):
        manifest = session.view.get(address)
        if (manifest.to_bytes() if manifest else None) != said.manifests.get(address):
            yield f"the manifest of {address} is not the one forecast"
    if session.state.seniority() != said.seniority:
        yield "seniority numbers are not those forecast"


def together(*parts: Touched) -> dict[str, list[str]]:
    whole: dict[str, list[str]] = {}
    for part in parts:
        for stage, places in part.items():
            whole[stage] = sorted([*whole.get(stage, ()), *places])
    return whole


def _linking(home: Path) -> Callable[[str, str], str]:
    """Files of stages and releases are only ever replaced, so a second name is as good as a copy; others may be written to."""

    def link_or_copy(source: str, target: str) -> str:
        if Path(source).relative_to(home).parts[0] not in ("store", "releases"):
            return str(shutil.copy2(source, target))
        os.link(source, target)
        return target

    return link_or_copy
