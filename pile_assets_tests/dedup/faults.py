"""Faults planted into functions of the product, to show that a test can fail."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


def broken(function: Any, old: str, new: str) -> Callable[..., Any]:
    """The function with one piece of its source replaced; a compiled kernel runs as plain Python, helpers and all."""
    plain = getattr(function, "py_func", function)
    source = inspect.getsource(plain)
    source = source[source.index(f"def {plain.__name__}") :]
    assert source.count(old) == 1, f"the fault must be planted at one place of {plain.__name__}, not {source.count(old)}"
    names = {name: getattr(value, "py_func", value) for name, value in plain.__globals__.items()}
    exec(compile(source.replace(old, new), f"<broken {plain.__name__}>", "exec"), names)

    def run(*arguments: Any) -> Any:
        with np.errstate(over="ignore"):  # unsigned integers wrap around on purpose
            return names[plain.__name__](*arguments)

    return run
