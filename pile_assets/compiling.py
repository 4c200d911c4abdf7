"""Numba, as every module of compiled loops imports it: without the linear algebra that none of them uses.

What belongs here: how Numba is loaded. What may not: loops.

Before it compiles anything, or takes compiled code from the disk, Numba looks for BLAS and imports SciPy's linear algebra for
that, a sixth of what a new process spends until its first signature. SciPy is installed, since datasketch needs it, so it is
hidden for the moment in which Numba looks; `import scipy.linalg` works as ever afterwards. In this process, `numpy.dot` and its
like cannot be compiled.
"""

import sys

_SOUGHT = "scipy.linalg.cython_blas"

_hidden = _SOUGHT not in sys.modules
if _hidden:
    sys.modules[_SOUGHT] = None  # type: ignore[assignment]  # how an import is made to fail (The import system, 5.3.1)
try:
    import numba
    import numba.np.arraymath
finally:
    if _hidden:
        del sys.modules[_SOUGHT]

__all__ = ["numba"]
