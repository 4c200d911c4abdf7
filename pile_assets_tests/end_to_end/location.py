"""The code location that the test serves: the product's own, but for faults and filter versions that the test plans.

Nothing of the graph belongs here. `RAISED_FILTERS` in the environment names the filters whose code has a new version.
"""

import importlib
import os

from pile_assets.sources import local_folder
from pile_assets_tests.end_to_end.faults import meeting_faults, raise_version

local_folder.fetch = meeting_faults(local_folder.fetch)  # type: ignore[assignment]
for name in os.environ.get("RAISED_FILTERS", "").split():
    raise_version(name)

defs = importlib.import_module("pile_assets.definitions").defs  # reads the filters, hence after them
