"""Reading a policy: everything wrong with it is said at once, and nothing it names can silently not exist."""

import copy
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pile_assets.errors import RegistryError
from pile_assets.filters import FILTERS, Filter
from pile_assets.filters.model import per_document
from pile_assets.filters.policy import Policy, load_policy
from pile_assets.filters.policy_model import OWN_REASONS
from pile_assets.registry.plain_yaml import FILE_BYTES
from pile_assets_tests.filters.golden import DEFAULT_POLICY

SMALL: dict[str, Any] = {
    "name": "small",
    "description": "For these tests.",
    "prose": {
        "rules": [
            {"rule": "words", "attribute": "gopher_quality.word_count", "min": 50, "drop_because": "too-short"},
            {"rule": "english", "attribute": "language.lang", "one_of": ["en"], "drop_because": "not-english"},
        ],
        "quality": [{"attribute": "language.score", "below": 0.9}],
    },
    "code": {
        "rules": [
            {"rule": "made", "attribute": "code_quality.generated", "equals": False, "drop_because": "generated"},
        ],
    },
    "edits": [{"spans": "pii.spans", "masks": {"email": "<|email|>", "phone": "<|phone|>", "ip": "<|ip|>"}}],
}


def write(folder: Path, content: Any, name: str = "small") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """SMALL with one field replaced or added."""
    content = copy.deepcopy(SMALL)
    part: Any = content
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = to
    return content


def refusal(folder: Path, content: Any) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        load_policy(write(folder, content))
    return caught.value


def test_the_default_policy_is_good() -> None:
    policy = load_policy(DEFAULT_POLICY)
    assert policy.edited_columns() == ("pii.spans",)
    policy.check(tuple(FILTERS))


def test_every_attribute_no_filter_emits_is_named_at_once(tmp_path: Path) -> None:
    content = copy.deepcopy(SMALL)
    content["prose"]["rules"][0]["attribute"] = "gopher_quality.wordcount"
    content["prose"]["quality"][0]["attribute"] = "langage.score"
    content["code"]["rules"][0]["attribute"] = "code_quality.is_generated"
    content["edits"][0]["spans"] = "pii.places"
    error = refusal(tmp_path, content)
    places = [problem.split(": ")[:2] for problem in error.problems]
    assert places == [
        ["small.yaml", "prose.rules.words.attribute"],
        ["small.yaml", "prose.quality.0.attribute"],
        ["small.yaml", "code.rules.made.attribute"],
        ["small.yaml", "edits.0.spans"],
    ]
    assert "it emits word_count," in error.problems[0]
    assert "known are length, language" in error.problems[1]
    assert "small.yaml" in error.remedy
    for problem in error.problems:
        assert problem in str(error)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("prose", "rules", 0, "attribute"), "language.lang", "is String, and a number is needed"),
        (("prose", "rules", 1, "attribute"), "language.score", "is Float64, and text is needed"),
        (("code", "rules", 0, "equals"), "no", "is Boolean, and text is needed"),
        (("prose", "rules", 0, "attribute"), "code_quality.max_line_length", "reads no prose"),
        (("code", "rules", 0, "attribute"), "gopher_quality.word_count", "reads no code"),
        (("edits", 0, "spans"), "pii.emails", "is Int64, and spans is needed"),
        (("edits", 0, "masks"), {"email": "", "ip": ""}, "there is no mask for phone"),
        (("edits", 0, "masks", "name"), "<|name|>", "pii.spans has no name"),
    ],
)
def test_an_attribute_that_cannot_do_what_is_asked_is_refused(
    tmp_path: Path, path: tuple[str | int, ...], value: Any, named: str
) -> None:
    assert named in "\n".join(refusal(tmp_path, changed(*path, to=value)).problems)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("surprise",), 1, "surprise"),
        (("prose", "rules", 0, "maximum"), 9, "prose.rules.0.maximum"),
        (("prose", "rules", 0, "equals"), "x", "exactly one of"),
        (("prose", "rules", 0, "min"), None, "exactly one of"),
        (("prose", "rules", 0, "max"), 5, "min 50 is above max 5"),
        (("prose", "rules", 0, "min"), float("nan"), "prose.rules.0.min"),
        (("prose", "rules", 0, "min"), "50", "prose.rules.0.min"),
        (("prose", "rules", 1, "one_of"), [], "one_of is empty"),
        (("prose", "rules", 1, "rule"), "words", "named twice: words"),
        (("prose", "rules", 0, "drop_because"), "Too short", "drop_because"),
        *((("prose", "rules", 0, "drop_because"), reason, "gives by itself") for reason in OWN_REASONS),
        (("prose", "rules", 0, "attribute"), "word_count", "prose.rules.0.attribute"),
        (("prose", "quality", 0, "above"), 1, "exactly one of above, below"),
        (("prose", "quality"), [{"attribute": "language.score", "below": bound} for bound in range(8)], "at most 7"),
        (("name",), "other", "rename one of them"),
        (("code",), None, "code"),
        (("description",), [], "description"),
    ],
)
def test_a_bad_field_is_named_with_the_file(tmp_path: Path, path: tuple[str | int, ...], value: Any, named: str) -> None:
    error = refusal(tmp_path, changed(*path, to=value))
    assert all(problem.startswith("small.yaml: ") for problem in error.problems)
    assert named in "\n".join(error.problems)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "policy: "),
        ("- 1\n", "policy: "),
        ("name: [", "not readable as YAML"),
        ("name: small\nname: small\n", "'name' stands here twice"),
        ("name: &a small\ndescription: *a\n", "aliases are not used here"),
        ("a: !!python/object/apply:os.getcwd []\n", "not readable as YAML"),
        ("[" * 50_000, "not readable as YAML"),
        ("#" * (FILE_BYTES + 1), "larger than"),
    ],
)
def test_a_file_that_is_no_policy_is_refused_in_words(tmp_path: Path, content: str, named: str) -> None:
    assert named in "\n".join(refusal(tmp_path, content).problems)


@pytest.mark.parametrize("content", [b"name: \xff\xfe", None])
def test_an_unreadable_file_is_refused_in_words(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "small.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RegistryError, match="not readable"):
        load_policy(path)


def test_a_chain_must_run_every_filter_the_policy_reads(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, SMALL))
    policy.check(["pii", "code_quality", "language", "gopher_quality"])
    with pytest.raises(RegistryError) as caught:
        policy.check(["pii", "gopher_quality"])
    assert [problem.split(": ")[1] for problem in caught.value.problems] == [
        "prose.rules.english.attribute",
        "prose.quality.0.attribute",
        "code.rules.made.attribute",
    ]


def test_the_digest_follows_what_can_change_a_verdict(tmp_path: Path) -> None:
    original = load_policy(write(tmp_path, SMALL))
    described = load_policy(write(tmp_path, changed("description", to="In other words.")))
    moved = load_policy(write(tmp_path, changed("prose", "rules", 0, "min", to=51)))
    reordered = load_policy(write(tmp_path, changed("prose", "rules", to=SMALL["prose"]["rules"][::-1])))
    masked = load_policy(write(tmp_path, changed("edits", 0, "masks", "email", to="")))
    assert described.digest() == original.digest()
    assert len({policy.digest() for policy in (original, moved, reordered, masked)}) == 4
    assert moved.edits_digest() == reordered.edits_digest() == original.edits_digest() != masked.edits_digest()


def test_the_digest_does_not_depend_on_how_the_file_is_laid_out(tmp_path: Path) -> None:
    as_json = load_policy(write(tmp_path, json.dumps(SMALL, sort_keys=True)))
    assert as_json.digest() == load_policy(write(tmp_path, yaml.safe_dump(SMALL, sort_keys=False))).digest()


def test_a_new_filter_is_one_module_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the module would hold is written out here; the line is the entry in FILTERS."""
    schema = {"count": pl.Int64}
    shouting = Filter(
        name="shouting",
        version="1",
        rationale="Texts that shout are tiring.",
        source="this test",
        schema=schema,
        media="prose",
        annotate=per_document(lambda text: {"count": text.count("!")}, schema, "prose"),
    )
    monkeypatch.setitem(FILTERS, "shouting", shouting)
    rule = {"rule": "calm", "attribute": "shouting.count", "max": 3, "drop_because": "shouting"}
    policy = Policy.model_validate(changed("prose", "rules", to=[rule]))
    policy.check(tuple(FILTERS))
