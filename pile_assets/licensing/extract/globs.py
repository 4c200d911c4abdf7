"""Path patterns of copyright files, in the two dialects that are read: Debian's and REUSE's.

Patterns come from strangers. They are matched by following all possibilities at once, in time proportional to pattern times
path: as regular expressions, a few dozen stars would take for ever.
"""

from collections.abc import Sequence

LONGEST = 1_000
"""Characters of a pattern that is read; a longer one matches nothing."""

_ONE, _SEGMENT, _ANY = "?", "*", "**"
_Token = tuple[str, str]  # ("", a character), or (a wildcard, "")


def debian(pattern: str, path: str) -> bool:
    """Copyright format 1.0: "*" matches any characters, slashes too, "?" one, a backslash the next as it is."""
    tokens: list[_Token] = []
    characters = iter(pattern.removeprefix("./"))
    for character in characters:
        if character == "\\":
            tokens.append(("", next(characters, "")))
        else:
            tokens.append({"*": (_ANY, ""), "?": (_ONE, "")}.get(character, ("", character)))
    return len(pattern) <= LONGEST and _matches(tokens, path)


def reuse(pattern: str, path: str) -> bool:
    """REUSE 3.3: "*" matches all characters but a slash, "**" slashes as well, a backslash takes the next as it is."""
    tokens: list[_Token] = []
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            tokens.append(("", pattern[at + 1 : at + 2]))
            at += 2
        elif pattern[at] == "*":
            stars = len(pattern[at:]) - len(pattern[at:].lstrip("*"))
            tokens.append((_SEGMENT if stars == 1 else _ANY, ""))
            at += stars
        else:
            tokens.append(("", pattern[at]))
            at += 1
    return len(pattern) <= LONGEST and _matches(tokens, path)


def _matches(tokens: Sequence[_Token], path: str) -> bool:
    """Whether the tokens match all of `path`: the set of tokens that can come next, moved on by each character."""
    states = _with_empty({0}, tokens)
    for character in path:
        after = set()
        for state in states:
            if state == len(tokens):
                continue
            wildcard, literal = tokens[state]
            if wildcard == _ANY or (wildcard == _SEGMENT and character != "/"):
                after.add(state)
            elif wildcard == _ONE or (not wildcard and literal == character):
                after.add(state + 1)
        states = _with_empty(after, tokens)
        if not states:
            return False
    return len(tokens) in states


def _with_empty(states: set[int], tokens: Sequence[_Token]) -> set[int]:
    """The states with those that are reached by letting stars match nothing."""
    reached = set(states)
    for state in sorted(states):
        at = state
        while at < len(tokens) and tokens[at][0] in (_SEGMENT, _ANY):
            at += 1
            reached.add(at)
    return reached
