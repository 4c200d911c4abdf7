"""Faults planted into functions of the product, to show that a test can fail."""

import inspect
import sys
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from pile_assets.dedup import text_kernel

SEPARATORS = frozenset([*range(33), 127])


def _bits(flags: np.ndarray) -> np.uint64:
    return np.uint64(sum(1 << int(place) for place in np.flatnonzero(flags)))


def _fold_block(array, index, out, end):
    block = bytes(array[index : index + 64]).lower()
    out[end : end + 64] = [32 if byte in SEPARATORS else byte for byte in block]


def _absorb(words, lengths, group, done, hashes):
    for lane in range(text_kernel.LANES):
        for byte in range(min(max(int(lengths[group + lane] - done), 0), 8)):
            part = (words[lane] >> np.uint64(8 * byte)) & np.uint64(255)
            hashes[group + lane] = (hashes[group + lane] ^ part) * text_kernel.FNV_PRIME


PLAIN = {
    "_word": lambda array, index: np.uint64(int.from_bytes(array[index : index + 8].tobytes(), sys.byteorder)),
    "_separator_bits": lambda array, index: _bits(np.isin(array[index : index + 64], list(SEPARATORS))),
    "_foreign_bits": lambda array, index: _bits(array[index : index + 64] >= 128),
    "_trailing_zeros": lambda bits: (int(bits) & -int(bits)).bit_length() - 1 if bits else 64,
    "_fold_block": _fold_block,
    "_absorb": _absorb,
}
"""What the vector operations of `text_kernel` compute, in plain Python."""


def broken(function: Any, old: str, new: str, entry: Any = None) -> Callable[..., Any]:
    """The function with one piece of its source replaced, or `entry` of the same module, which calls it.

    A compiled kernel runs as plain Python, helpers and all.
    """
    plain = getattr(function, "py_func", function)
    source = inspect.getsource(plain)
    source = source[source.index(f"def {plain.__name__}") :]
    assert source.count(old) == 1, f"the fault must be planted at one place of {plain.__name__}, not {source.count(old)}"
    names = {name: getattr(value, "py_func", value) for name, value in plain.__globals__.items()}
    names |= {name: value for name, value in PLAIN.items() if name in names}
    for name, value in names.items():
        if isinstance(value, FunctionType) and value.__globals__ is plain.__globals__:
            names[name] = FunctionType(value.__code__, names, name, value.__defaults__, value.__closure__)
    exec(compile(source.replace(old, new), f"<broken {plain.__name__}>", "exec"), names)

    def run(*arguments: Any) -> Any:
        with np.errstate(over="ignore"):  # unsigned integers wrap around on purpose
            return names[(entry or plain).__name__](*arguments)

    return run


def plant(monkeypatch: Any, module: Any, entries: Sequence[Any], function: Any, old: str, new: str) -> None:
    """Replace the entries of a module by what they are when `function`, which they call or are, has a fault."""
    for entry in entries:
        monkeypatch.setattr(module, entry.__name__, broken(function, old, new, entry))
