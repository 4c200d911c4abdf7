"""The entry point of Dagster's code location: registry in, Definitions out; nothing else belongs here."""

from pile_assets.deployment import Deployment
from pile_assets.graph.assemble import definitions
from pile_assets.graph.settings import Settings

defs = definitions(Deployment.from_environment(), Settings.from_environment())
