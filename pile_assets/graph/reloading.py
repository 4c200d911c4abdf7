"""A registry that changes while the daemon runs: the code location is loaded again, and nobody restarts anything.

What belongs here: noticing that the graph was built from another registry than there is now, and asking the code server to
load itself again. What may not: reading records (`pile_assets.registry`).

The code server is asked over its own gRPC call, so that no webserver is needed; daemon and webserver see the new server's
identity and load the graph from it. Runs that are going end in the old process.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
from dagster._grpc.client import DagsterGrpcClient

from pile_assets.deployment import Deployment
from pile_assets.store import digest as digest_of
from pile_assets.store import file_sha256

HOST = "127.0.0.1"
CODE_PORT = 54001
"""Where the code server listens, as in workspace.yaml, unless PILE_CODE_PORT says otherwise."""
RELOAD_SECONDS = 60
"""How long the new code server may take to load."""


def code_port(environment: Mapping[str, str] = os.environ) -> int:
    return int(environment.get("PILE_CODE_PORT", CODE_PORT))


def registry_digest(deployment: Deployment) -> str:
    """The digest of all that decides which sources the graph shows: records, policies, and what the operator switched."""
    files = [*deployment.registry.glob("*.yaml"), *deployment.registry.glob("policies/*.yaml")]
    switched = deployment.home / "state" / "sources.json"
    listed = sorted((path.relative_to(deployment.registry).as_posix(), _sha256(path)) for path in files)
    return digest_of([listed, _sha256(switched)])


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
        DagsterGrpcClient(host=HOST, port=code_port()).reload_code(timeout=RELOAD_SECONDS)
        return dg.SkipReason("The registry has changed: the graph was loaded again.")

    return watch_registry
