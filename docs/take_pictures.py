"""Takes the pictures of this project's documentation from the running product.

    python docs/take_pictures.py [--chromium /usr/bin/chromium]

Runs the demonstration into a temporary folder, breaks one batch on purpose, opens the
sandbox, Dagster's web page and the reports in a headless browser, and writes PNGs to
docs/images/.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
PORT = 3917
SANDBOX_PORT = 3918
# A contact with much to see, named in letters every font has.
TOLD_MOST = """
SELECT c.id FROM contacts c
JOIN account_link a ON a.record_id = c.id AND a.module = 'contacts'
JOIN deal_contact d ON d.contact_id = c.id
LEFT JOIN notes n ON n.record_id = c.id AND n.module = 'contacts'
LEFT JOIN list_member l ON l.contact_id = c.id
WHERE c.name NOT GLOB '*[^ -~]*'
GROUP BY c.id HAVING COUNT(DISTINCT d.deal_id) < 7
ORDER BY COUNT(DISTINCT n.id) DESC, COUNT(DISTINCT l.list_id) DESC, c.id LIMIT 1
"""
FAILED_CHECK = "raw_transactions?view=checks&checkDetail=some_line_was_read"
# Products with commas that nobody quoted: no line has the width of the header.
BROKEN = "ID,Transaction_Type,Date,Product,Buyer_Email,lead_id,Amount (USD)\n" + "".join(
    f"{number},Sale,2026-03-09 10:00:00,Course, one, two,ada@example.com,1,12.50\n"
    for number in range(1, 40)
)


def run(*command: str, allow_failure: bool = False) -> None:
    subprocess.run(["kartra-freshsales", *command], check=not allow_failure)


@contextmanager
def served(command: list[str], address: str, probe: str, **places: object) -> Iterator[str]:
    process = subprocess.Popen(command, **places)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}{probe}", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def dagster_page(workspace: Path) -> AbstractContextManager[str]:
    environment = os.environ | {
        "KF_WORKSPACE": str(workspace),
        "DAGSTER_HOME": str(workspace / "data" / "dagster"),
    }
    command = [
        sys.executable, "-m", "dagster", "dev", "-m", "kartra_freshsales.definitions",
        "-h", "127.0.0.1", "-p", str(PORT),
    ]  # fmt: skip
    address = f"http://127.0.0.1:{PORT}"
    return served(command, address, "/server_info", env=environment, cwd=workspace)


def sandbox_page(workspace: Path) -> AbstractContextManager[str]:
    command = [
        "kartra-freshsales", "sandbox", "--port", str(SANDBOX_PORT), "--api-key", "demo",
        "--state", str(workspace / "sandbox.db"),
    ]  # fmt: skip
    return served(command, f"http://127.0.0.1:{SANDBOX_PORT}", "/")


def sandbox_pictures(page: Page, workspace: Path) -> None:
    state = sqlite3.connect(workspace / "sandbox.db")
    (contact,) = state.execute(TOLD_MOST).fetchone()
    state.close()
    with sandbox_page(workspace) as address:
        page.set_viewport_size({"width": 1440, "height": 820})
        picture(page, address, "sandbox-front", wait=0.5)
        page.set_viewport_size({"width": 1440, "height": 1250})
        picture(page, f"{address}/browse/contacts/{contact}", "sandbox-contact", wait=0.5)


def picture(page: Page, address: str, name: str, *, wait: float = 6.0) -> None:
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_timeout(wait * 1000)
    page.screenshot(path=IMAGES / f"{name}.png")


def dagster_pictures(page: Page, workspace: Path) -> None:
    broken = workspace / "inbox" / "broken"
    broken.mkdir(exist_ok=True)
    (broken / "sales.csv").write_text(BROKEN, encoding="utf-8")
    run("plan", "--workspace", str(workspace), "--batch", "broken", allow_failure=True)
    with dagster_page(workspace) as address:
        page.set_viewport_size({"width": 1900, "height": 620})
        picture(page, f"{address}/asset-groups", "asset-graph", wait=10)
        page.set_viewport_size({"width": 1600, "height": 1000})
        picture(page, f"{address}/assets/{FAILED_CHECK}", "check-failure")
    for title in ("migration_scope", "reconciliation_report"):
        report = workspace / "reports" / f"{title}.html"
        picture(page, report.as_uri(), title, wait=1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--workspace", type=Path, help="A finished demo; made without.")
    parser.add_argument("--only-sandbox", action="store_true")
    asked = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        workspace = asked.workspace or Path(name) / "demo"
        if asked.workspace is None:
            run("demo", "--directory", str(workspace))
        browser = playwright.chromium.launch(
            executable_path=asked.chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page()
        sandbox_pictures(page, workspace)
        if not asked.only_sandbox:
            dagster_pictures(page, workspace)
        browser.close()


if __name__ == "__main__":
    main()
