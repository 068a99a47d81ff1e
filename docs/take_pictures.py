"""Takes the pictures of this project's documentation from the running product.

    python docs/take_pictures.py [--chromium /usr/bin/chromium]

Runs the demonstration into a temporary folder, breaks one batch on purpose, opens Dagster's
web page and the reports in a headless browser, and writes PNGs to docs/images/.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
PORT = 3917
FAILED_CHECK = "raw_transactions?view=checks&checkDetail=some_line_was_read"
# Products with commas that nobody quoted: no line has the width of the header.
BROKEN = "ID,Transaction_Type,Date,Product,Buyer_Email,lead_id,Amount (USD)\n" + "".join(
    f"{number},Sale,2026-03-09 10:00:00,Course, one, two,ada@example.com,1,12.50\n"
    for number in range(1, 40)
)


def run(*command: str, allow_failure: bool = False) -> None:
    subprocess.run(["kartra-freshsales", *command], check=not allow_failure)


@contextmanager
def dagster_page(workspace: Path) -> Iterator[str]:
    environment = os.environ | {
        "KF_WORKSPACE": str(workspace),
        "DAGSTER_HOME": str(workspace / "data" / "dagster"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster", "dev", "-m", "kartra_freshsales.definitions",
         "-h", "127.0.0.1", "-p", str(PORT)],
        env=environment, cwd=workspace,
    )  # fmt: skip
    address = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/server_info", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def picture(page: Page, address: str, name: str, *, wait: float = 6.0) -> None:
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_timeout(wait * 1000)
    page.screenshot(path=IMAGES / f"{name}.png")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--workspace", type=Path, help="A finished demo; made without.")
    asked = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        workspace = asked.workspace or Path(name) / "demo"
        if asked.workspace is None:
            run("demo", "--directory", str(workspace))
        broken = workspace / "inbox" / "broken"
        broken.mkdir(exist_ok=True)
        (broken / "sales.csv").write_text(BROKEN, encoding="utf-8")
        run("plan", "--workspace", str(workspace), "--batch", "broken", allow_failure=True)
        browser = playwright.chromium.launch(
            executable_path=asked.chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        with dagster_page(workspace) as address:
            page.set_viewport_size({"width": 1900, "height": 620})
            picture(page, f"{address}/asset-groups", "asset-graph", wait=10)
            page.set_viewport_size({"width": 1600, "height": 1000})
            picture(page, f"{address}/assets/{FAILED_CHECK}", "check-failure")
        for title in ("migration_scope", "reconciliation_report"):
            report = workspace / "reports" / f"{title}.html"
            picture(page, report.as_uri(), title, wait=1)
        browser.close()


if __name__ == "__main__":
    main()
