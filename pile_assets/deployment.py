"""One deployment: where it keeps its store, which registry it follows, and everything opened for one piece of work.

What belongs here: settings from the environment and the assembly of store, state, registry and chains into the
planner's world. What may not: doing work (`build`, `graph`), deciding (`planner`), printing (`cli`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from pile_assets import assembly, planner, publishing
from pile_assets.chain import source_context
from pile_assets.errors import NotAdmitted, PileError
from pile_assets.licensing import public_domain
from pile_assets.licensing.decisions import Decision
from pile_assets.registry.load import DEFAULT_FOLDER, Registry, load
from pile_assets.registry.models import ADMITTING, Level
from pile_assets.registry.recipes import Recipe, read_released
from pile_assets.release import source_facts
from pile_assets.sources.model import Discovery
from pile_assets.state import Change, Entry, Sources, State, check_keys, merge, sources_of
from pile_assets.steps import Chain, build_chain, load_module
from pile_assets.store import Store
from pile_assets.view import View
from pile_assets.withdrawal import step as takedowns
from pile_assets.withdrawal.vault import Vault

GRACE_HOURS = 72.0
"""How long a file stays after nothing refers to it any more: a consumer may be reading it, an operator may want it back."""
KEEP_RELEASES = 3
"""How many of the last releases keep their files."""

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Deployment:
    """The settings of one deployment. Environment: PILE_HOME, PILE_REGISTRY, PILE_SHARD_BYTES, PILE_ADMIT,
    PILE_JURISDICTIONS, PILE_GRACE_HOURS, PILE_KEEP_RELEASES."""

    home: Path
    registry: Path = DEFAULT_FOLDER
    shard_bytes: int = assembly.SHARD_BYTES
    admit: Level = Level.DOCUMENTED
    grace_hours: float = GRACE_HOURS
    keep_releases: int = KEEP_RELEASES
    jurisdictions: tuple[str, ...] = ("US",)  # where a work without a licence must be in the public domain

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Deployment":
        """Raises PileError where a setting cannot be used."""
        try:
            deployment = cls(
                home=Path(environment.get("PILE_HOME", PROJECT / "pile_home")).resolve(),
                registry=Path(environment.get("PILE_REGISTRY", DEFAULT_FOLDER)).resolve(),
                shard_bytes=int(environment.get("PILE_SHARD_BYTES", assembly.SHARD_BYTES)),
                admit=Level(environment.get("PILE_ADMIT", Level.DOCUMENTED)),
                grace_hours=float(environment.get("PILE_GRACE_HOURS", GRACE_HOURS)),
                keep_releases=int(environment.get("PILE_KEEP_RELEASES", KEEP_RELEASES)),
                jurisdictions=_jurisdictions(environment.get("PILE_JURISDICTIONS", "US")),
            )
            if deployment.admit not in ADMITTING:
                raise ValueError(f"PILE_ADMIT is {deployment.admit.value}, which admits nothing")
            if deployment.shard_bytes < 1:
                raise ValueError(f"PILE_SHARD_BYTES is {deployment.shard_bytes}")
            if not 0 <= deployment.grace_hours < float("inf"):
                raise ValueError(f"PILE_GRACE_HOURS is {deployment.grace_hours}")
            if deployment.keep_releases < 1:
                raise ValueError(f"PILE_KEEP_RELEASES is {deployment.keep_releases}")
        except ValueError as error:
            raise PileError(
                f"A setting in the environment cannot be used: {error}.",
                remedy="PILE_SHARD_BYTES is a number of bytes from 1 upward, PILE_ADMIT is documented or verified, "
                "PILE_GRACE_HOURS a number from 0 upward, PILE_KEEP_RELEASES a whole one from 1 upward, "
                f"PILE_JURISDICTIONS one or more of {', '.join(public_domain.TABLE)}, with commas between them.",
            ) from error
        return deployment

    def open(self, *, rehearse: bool = False, today: date | None = None) -> "Session":
        """Open store, state and registry as they are now. A rehearsing session publishes nothing.

        Here the clock comes in, as a date (UTC) that everything done in the session shares.
        """
        if not self.registry.is_dir():
            raise PileError(f"There is no registry at {self.registry}.", remedy="Set PILE_REGISTRY to a folder of records.")
        store = Store(self.home)
        state = State(self.home, rehearse=rehearse)
        recipes, problems = read_released(self.registry)
        registry = load(self.registry)
        registry = replace(registry, problems=registry.problems + problems)
        day = today or datetime.now(UTC).date()
        view, vault = View(store, rehearse=rehearse), Vault(store, rehearse=rehearse)
        sources = sources_of(registry, state, self.admit, day)
        return Session(self, view, vault, state, registry, sources, day, recipes)


def _jurisdictions(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().upper() for name in text.split(",")))
    unknown = [name for name in names if name not in public_domain.TABLE]
    if unknown:
        raise ValueError(f"PILE_JURISDICTIONS names {unknown[0] or 'nothing'}")
    return tuple(sorted(names))


@dataclass
class Session:
    """Everything opened for one build, run or tick; not kept longer, since files change underneath."""

    deployment: Deployment
    view: View
    vault: Vault
    state: State
    registry: Registry
    sources: Sources
    today: date
    recipes: Mapping[str, Recipe]  # those of which a release says what they make of it

    @cached_property
    def chains(self) -> dict[str, Chain]:
        """The chain of every running source."""
        return {
            source: build_chain(record, self.registry.policies[source], self.terms, self.decisions)
            for source, record in self.sources.running.items()
        }

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """What reviewers decided that statements mean."""
        return self.state.decisions(self.registry)

    @property
    def terms(self) -> public_domain.Terms:
        """Where and in which year works must be in the public domain."""
        return public_domain.Terms(self.state.year(), self.deployment.jurisdictions)

    def turn_year(self) -> bool:
        """Give the corpus the year it is today; True where that is a new one. A year never comes back."""
        if self.today.year <= self.state.year():
            return False
        self.state.save_year(self.today.year)
        self.__dict__.pop("chains", None)  # their steps read the year
        return True

    def chain(self, source: str) -> Chain:
        """The chain of one source; raises NotAdmitted where its review or the operator keeps it out."""
        if source in self.chains:
            return self.chains[source]
        if refusal := self.sources.refused.get(source):
            raise NotAdmitted(
                f"The source may not yield documents: {refusal}.",
                remedy="Review it, then run again; what it yielded before the review became due stays as it is.",
                source=source,
            )
        if source in self.sources.frozen:
            problem = next(problem for problem in self.registry.problems if problem.source == source)
            raise NotAdmitted(f"Its registry record cannot be used: {problem.cause}", remedy=problem.remedy, source=source)
        raise NotAdmitted(
            "The source is not switched on in this deployment.",
            remedy=f"Run `pile sources enable {source}`, or remove it from the selection.",
            source=source,
        )

    @cached_property
    def publisher(self) -> publishing.Publisher:
        """What a release is published with: the facts of every source in the corpus, and the day."""
        facts = {}
        for source, record in self.sources.present.items():
            policy = self.registry.policies.get(source)
            rules = policy.model_dump(mode="json", exclude_none=True) if policy is not None else None
            weights = {name: recipe.weight(source, record) for name, recipe in self.recipes.items()}
            facts[source] = source_facts.of_record(record, rules, load_module(record).HOST, weights)
        return publishing.Publisher(self.view, facts, self.today, self.deployment.jurisdictions)

    @cached_property
    def catalogues(self) -> dict[str, dict[str, Entry]]:
        return {source: self.state.catalogue(source) for source in self.sources.running}

    def discover(self, source: str) -> tuple[list[Change], list[PileError], Discovery]:
        """Ask upstream what it has, and put that in the catalogue. Raises PileError where upstream cannot be read."""
        chain = self.chain(source)
        discovery = chain.module.discover(source_context(self.view, chain))
        problems = check_keys(chain.record, discovery)
        refused = {problem.partition for problem in problems}
        usable = Discovery(
            {key: upstream for key, upstream in discovery.partitions.items() if key not in refused},
            discovery.complete,
            discovery.notes,
        )
        catalogue, changes = merge(self.catalogues[source], usable)
        self.state.save_catalogue(source, catalogue)
        self.catalogues[source] = catalogue
        return changes, problems, usable

    def world(self) -> planner.World:
        """What the planner decides on, as it is at this moment."""
        return planner.World(
            sources=self.sources,
            chains=self.chains,
            catalogues=self.catalogues,
            seniority=self.state.seniority(),
            manifest=self.view.get,
            partitions=self.view.partitions,
            quarantined=self.view.quarantine_key,
            shard_bytes=self.deployment.shard_bytes,
            takedowns=takedowns.key_of(self.vault, self.view),
            described=self.publisher.described,
        )
