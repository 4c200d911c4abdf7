"""Parsing SPDX expressions from several threads at once, as a build does."""

import subprocess
import sys

TOGETHER = """
import sys, threading
from pile_assets.licensing import expressions
sys.setswitchinterval(1e-6)
expressions.listed("MIT")
start, found = threading.Barrier(8), []
def parse(number):
    start.wait()
    found.append(str(expressions.parse(f"(MIT OR Apache-2.0) AND LicenseRef-{number}")))
threads = [threading.Thread(target=parse, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(found) == [f"(MIT OR Apache-2.0) AND LicenseRef-{number}" for number in range(8)])
"""


def test_the_first_expressions_may_be_parsed_by_several_threads_at_once() -> None:
    """In a process of its own, since only the first parse is at risk."""
    done = subprocess.run([sys.executable, "-c", TOGETHER], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
