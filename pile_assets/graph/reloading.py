"""A registry that changes while the daemon runs: the code location is loaded again, and nobody restarts anything.

What belongs here: noticing that the graph was built from another registry than there is now, and asking the code server to
load itself again. What may not: reading records (`pile_assets.registry`).

The code server is asked over its own gRPC call, so that no webserver is needed; daemon and webserver see the new server's
identity and load the graph from it. Runs that are going end in the old process.
"""

from pathlib import Path

import dagster as dg

from pile_assets.deployment import Deployment
from pile_assets.graph import code_server
from pile_assets.store import digest as digest_of
from pile_assets.store import file_sha256


def registry_digest(deployment: Deployment) -> str:
    """The digest of all that decides which sources the graph shows: records, policies, and what the operator switched."""
    patterns = ("*.yaml", "policies/*.yaml", "decisions/*.yaml")
    files = [path for pattern in patterns for path in deployment.registry.glob(pattern)]
    listed = sorted((path.relative_to(deployment.registry).as_posix(), _sha256(path)) for path in files)
    switched = deployment.home / "state" / "sources.json"
    refused = sorted(deployment.open(rehearse=True).sources.refused)  # by its record, its age, or its evidence
    return digest_of([listed, _sha256(switched), refused])


def _sha256(path: Path) -> str | None:
    try:
        return file_sha256(path)
    except FileNotFoundError:
        return None


def registry_sensor(loaded: str, seconds: int) -> dg.SensorDefinition:
    """Asks for a reload when the registry is no longer the one the graph was built from, whose digest is `loaded`."""

    @dg.sensor(
        name="registry",
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Loads the graph again when a registry record was added or changed, or a source was switched on or off.",
    )
    def watch_registry(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now = registry_digest(Deployment.from_environment())
        if now == loaded:
            return dg.SkipReason("The graph was built from the registry as it is.")
        code_server.reload(code_server.code_port())
        return dg.SkipReason("The registry has changed: the graph was loaded again.")

    return watch_registry
