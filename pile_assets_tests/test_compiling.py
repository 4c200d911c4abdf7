"""What loading Numba brings into a process, and that it leaves nothing hidden behind."""

import subprocess
import sys

LOADS = """
import sys
{before}
from pile_assets.dedup.signatures import sign_texts
from pile_assets.filters import kernels
assert sign_texts([b"a b c d e f"]).shingles[0] == 2
loaded = "scipy.linalg" in sys.modules
import scipy.linalg.cython_blas
assert scipy.linalg.cython_blas is not None
sys.exit(10 + loaded)
"""


def test_a_process_that_signs_and_filters_does_without_scipy_which_can_be_imported_afterwards():
    assert subprocess.run([sys.executable, "-c", LOADS.format(before="")]).returncode == 10


def test_scipy_that_is_there_already_stays():
    before = "import scipy.linalg.cython_blas"
    assert subprocess.run([sys.executable, "-c", LOADS.format(before=before)]).returncode == 11
