"""Dagster's pages as an operator uses them: what is on a partition's page, and the buttons that launch and meddle.

What belongs here: where things stand on the pages of Dagster 1.13. What may not: expectations of this project's graph.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pile_assets_tests.browser.devtools import HEIGHT, WIDTH, Page

MENU_ITEM = "[role=menuitem]"
NAVIGATION = 240
"""Width of the navigation at the left of every page, which pictures leave out."""

METADATA = """Object.fromEntries([...document.querySelectorAll('table')]
  .filter((table) => shown(table) && !table.parentElement.closest('table'))
  .flatMap((table) => [...table.querySelectorAll(':scope > tbody > tr')])
  .filter((row) => row.children.length > 1)
  .map((row) => [row.children[0].innerText.trim(), row.children[1].innerText.trim()]))"""

ARROW = """(() => {
  const [found] = innermost(matching('button', 'Materialize', false));
  if (!found) return null;
  const label = found.getBoundingClientRect();
  const [arrow] = [...document.querySelectorAll('button')].filter(shown).map((button) => button.getBoundingClientRect())
    .filter((box) => box.x >= label.right - 2 && Math.abs(box.y - label.y) < 8).sort((one, other) => one.x - other.x);
  return arrow ? {x: arrow.x + arrow.width / 2, y: arrow.y + arrow.height / 2} : null;
})()"""

EDITOR = "(() => { const box = document.querySelector('.CodeMirror')?.getBoundingClientRect(); "
EDITOR += "return box ? {x: box.x + box.width / 3, y: box.y + 30} : null; })()"


@dataclass
class Ui:
    """The pages of one webserver, in one tab."""

    page: Page
    pictures: Path

    # -- pages -----------------------------------------------------------------------------------------------------

    def partition(self, asset: str, partition: str) -> dict[str, str]:
        """Go to one partition of an asset; its metadata."""
        self.page.go(f"/assets/{asset}?view=partitions&partition={partition}")
        return self.shown_partition(partition)

    def shown_partition(self, partition: str) -> dict[str, str]:
        """The metadata of the partition whose page this is, once it is there."""
        heading = "innermost(matching('*', text, true)).some((found) => parseFloat(getComputedStyle(found).fontSize) >= 18)"
        self.page.wait(lambda: self.page.evaluate(heading, text=partition), f"no heading {partition!r}")
        return self.metadata()

    def metadata(self) -> dict[str, str]:
        """Name -> text of every metadata field on the page, once all are drawn: Markdown is so a moment later."""

        def drawn() -> dict[str, str] | None:
            found: dict[str, str] = self.page.evaluate(METADATA)
            return found if found and all(found.values()) else None

        return dict(self.page.at_rest(drawn, "no metadata"))

    def status(self, asset: str) -> str:
        """How many partitions are failed, materialized, ... as the partitions page counts them."""
        self.page.go(f"/assets/{asset}?view=partitions")
        self.page.see("Materialized (")
        line = self.page.evaluate("document.body.innerText.match(/Failed \\(\\d+\\)[\\s\\S]*?Missing \\(\\d+\\)/)?.[0] ?? ''")
        return " ".join(str(line).split())

    # -- launching -------------------------------------------------------------------------------------------------

    def launch(self, config: str | None = None) -> str:
        """Press Materialize on a partition's page, and Launch; the run's id."""
        self.page.click("Materialize…")
        self.page.see("Partition selection")
        if config:
            self._configure(config)
        self.page.click("Launch 1 run")
        return self._view().removeprefix("/runs/")

    def launch_group(self, group: str, partitions: Sequence[str]) -> str:
        """Materialize all of a group's assets for some partitions, chosen one by one; the backfill's id."""
        self.page.go(f'/asset-groups~group%3A"{group}"')
        self.page.click("Materialize all", exact=False)
        self._choose(partitions, "Select a partition or create one")
        self.page.click("Launch runs to materialize", "div", exact=False)  # closes the list
        self.page.click("Launch backfill")
        return self._view().removeprefix("/runs/b/")

    def finished_run(self, run: str) -> str:
        """Go to a run's page and wait for its end; what the page says."""
        self.page.go(f"/runs/{run}")
        self.page.wait(lambda: {"Success", "Failure"} & set(self.page.text.split("\n")), f"run {run} does not end", 120)
        self.page.see("Process for run exited")
        return self.page.text

    def log_says(self, run: str, part: str, whole: str) -> None:
        """See a line in a run's log, of which the page draws only as much as fits: hence found by a part of it."""
        self.page.go(f"/runs/{run}?logs={part}")
        self.page.see(whole)

    def _configure(self, config: str) -> None:
        self.page.click("Config", "div, span")
        self.page.click("Add config")
        self.page.see("No extra config to remove")
        self.page.click_at(**self.page.wait(lambda: self.page.evaluate(EDITOR), "no editor"))
        self.page.type(config)
        self.page.see("No errors")
        self.page.click("Save config")

    def _choose(self, partitions: Sequence[str], placeholder: str) -> None:
        self.page.click(placeholder, "div")
        for partition in partitions:
            self.page.click(partition, MENU_ITEM, exact=False)

    def _view(self) -> str:
        """Where the message about what was just launched leads."""
        return str(self.page.wait(lambda: self.page.links().get("View"), "no message that it was launched"))

    # -- meddling --------------------------------------------------------------------------------------------------

    def wipe(self, asset: str) -> None:
        """Wipe materializations: Dagster forgets what it knows of the asset."""
        self._open_menu(asset, "Wipe materializations")
        self.page.click("Wipe")
        self._gone("Are you sure")

    def report(self, asset: str, partition: str) -> None:
        """Report a materialization that never was."""
        self._open_menu(asset, "Report materialization events", partition)
        self.page.see("Let Dagster know about")
        self.page.click("Report event")
        self._gone("Let Dagster know about")

    def delete_partition(self, asset: str, partition: str) -> None:
        self._open_menu(asset, "Delete partitions")
        self._choose([partition], "Select a partition")
        self.page.click("Select partition keys of the", "div", exact=False)
        self.page.click("Delete 1 partition")
        self._gone("Select partition keys")

    def add_partition(self, asset: str, partition: str) -> None:
        """Add a partition in the dialog that Materialize opens, and leave it."""
        self.page.go(f"/assets/{asset}?view=partitions")
        self.page.click("Materialize…")
        self.page.click("Add a partition")
        self.page.see("Partition name")
        self.page.type(partition)
        self.page.click("Save")
        self._gone("Partition name")

    def _open_menu(self, asset: str, item: str, partition: str = "") -> None:
        """Choose from the menu beside the button Materialize."""
        self.page.go(f"/assets/{asset}?view=partitions" + (f"&partition={partition}" if partition else ""))
        self.page.click_at(**self.page.at_rest(lambda: self.page.evaluate(ARROW), "no menu beside Materialize"))
        self.page.click(item, MENU_ITEM)

    def _gone(self, text: str) -> None:
        self.page.wait(lambda: text not in self.page.text, f"{text!r} stays")

    # -- pictures --------------------------------------------------------------------------------------------------

    def picture(self, name: str, area: tuple[int, int, int, int]) -> None:
        """Keep (left, top, width, height) of the page."""
        self.page.screenshot(self.pictures / f"{name}.png", area)

    @contextmanager
    def window(self, width: int, height: int) -> Iterator[None]:
        """A window of another size for a while."""
        self.page.resize(width, height)
        try:
            yield
        finally:
            self.page.resize(WIDTH, HEIGHT)
