"""Talking to the code server: the one place that uses Dagster's own gRPC client.

What belongs here: where the server listens, whether it answers, asking it to load the graph again. What may not: starting it
(`serve`), deciding when to reload (`reloading`).
"""

import os
from collections.abc import Mapping

from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import ListRepositoriesResponse
from dagster._serdes import deserialize_value
from dagster_shared.error import SerializableErrorInfo

from pile_assets.errors import PileError

HOST = "127.0.0.1"
PORT = 54001
"""Where it listens, as workspace.yaml says, unless PILE_CODE_PORT says otherwise."""
RELOAD_SECONDS = 60
"""How long the graph may take to load again."""


def code_port(environment: Mapping[str, str] = os.environ) -> int:
    return int(environment.get("PILE_CODE_PORT", PORT))


def answers(port: int) -> bool:
    """Whether a graph is served there. Raises PileError where the server is there and could not load it."""
    try:
        said = deserialize_value(
            DagsterGrpcClient(host=HOST, port=port).list_repositories(), (ListRepositoriesResponse, SerializableErrorInfo)
        )
    except DagsterUserCodeUnreachableError:
        return False
    if isinstance(said, SerializableErrorInfo):
        raise PileError(
            f"The graph cannot be loaded: {said.message.strip()}",
            remedy="Mend what it names; `python -c 'import pile_assets.definitions'` shows the whole error.",
        )
    return True


def reload(port: int) -> None:
    """Load the graph again, from the registry as it is now. Runs that are going end in the old process."""
    DagsterGrpcClient(host=HOST, port=port).reload_code(timeout=RELOAD_SECONDS)
