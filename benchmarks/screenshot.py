"""Take the picture for the README from the running service: python -m benchmarks.screenshot FILE"""

import shutil
import sys
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from api.app import create_app
from api.live import Live

PORT = 8764
QUERY = "RL+for+compilers"


def main() -> None:
    """Serve data/index, open the page in Chromium, and save what it shows."""
    target = Path(sys.argv[1])
    browser_path = shutil.which("chromium")
    if browser_path is None:
        raise SystemExit("Chromium is needed: apt-get install chromium")
    loaded = threading.Event()
    app = create_app(Live(Path("data/index"), ready=lambda papers: loaded.set()))
    server = uvicorn.Server(uvicorn.Config(app, port=PORT, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    if not loaded.wait(60):
        raise SystemExit("the service did not get ready within a minute")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 900}, device_scale_factor=1.5)
        page.goto(f"http://127.0.0.1:{PORT}/?q={QUERY}")
        time.sleep(0.5)
        page.screenshot(path=target)
        browser.close()
    server.should_exit = True


if __name__ == "__main__":
    main()
