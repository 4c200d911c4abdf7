"""What several source tests need: the sample of real publishers' files beside the checkout, where there is one."""

import subprocess
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Beside the project, never in it. Its `unpack` prints the folder with one subfolder per source."""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real sample files; skips where this machine does not have them."""
    unpack = SAMPLES / "unpack"
    if not unpack.exists():
        pytest.skip(f"the sample of real files is not on this machine ({unpack} is missing)")
    done = subprocess.run([str(unpack)], capture_output=True, text=True, check=True)
    return Path(done.stdout.splitlines()[-1])
