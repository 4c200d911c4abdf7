"""Reading YAML written by people, without YAML's traps.

A repeated key silently wins, aliases blow a small file up, and the words on, off, yes and no turn into booleans, also
where they are keys (YAML 1.1; gone in YAML 1.2). Here the first two are errors and the third are words. Only reading
belongs here; what a file may say is `models` and `filters.policy_model`.
"""

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FILE_BYTES = 256 * 1024
"""Largest file read: a record or policy is a page of text, not data."""


def read_yaml(path: Path) -> Any:
    """The content of one file. Raises ValueError saying what is wrong and where."""
    try:
        if path.stat().st_size > FILE_BYTES:
            raise ValueError(f"the file is larger than {FILE_BYTES} bytes")
        return copy.deepcopy(_parsed(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise ValueError(f"not readable as YAML: {error}") from error


@lru_cache(maxsize=256)
def _parsed(content: str) -> Any:
    """Parsed once as long as a process lives: a daemon reads every record each few seconds, and few ever change."""
    return yaml.load(content, _PlainLoader)


class _PlainLoader(yaml.SafeLoader):
    """The safe loader with true and false as the only booleans, and without aliases and repeated keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not used here", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if names.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands here twice", key.start_mark)
        return super().construct_mapping(node, deep)


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not (tag.endswith(":bool") and first not in "tTfF")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
