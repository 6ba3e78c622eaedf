"""Print the path of a Chromium that the browser tests can drive; exit 1 where there is none."""

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> str | None:
    """Path from THAW_CHROMIUM, the PATH, macOS or Playwright's own download; None where there is none."""
    named = [os.environ.get("THAW_CHROMIUM"), *map(shutil.which, NAMES), str(MAC)]
    for path in named:
        if path and Path(path).exists():
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


if __name__ == "__main__":
    found = find_chromium()
    print(found or "no Chromium found", file=sys.stdout if found else sys.stderr)
    sys.exit(found is None)
