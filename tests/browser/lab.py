"""JupyterLab as a person handles it: the few gestures that the browser tests are made of."""

from pathlib import Path

from playwright.sync_api import Download, Page, expect

from tests.stack import eventually

START_TIMEOUT_MS = 60_000
LAUNCHER = ".jp-MainAreaWidget:not(.lm-mod-hidden) .jp-Launcher"
CELL = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell"


def wait_for_lab(page: Page) -> None:
    """Wait until JupyterLab stands."""
    expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=START_TIMEOUT_MS)
    expect(page.locator("#jupyterlab-splash")).to_have_count(0, timeout=START_TIMEOUT_MS)


def new_notebook(page: Page) -> None:
    """Open a fresh notebook from a launcher and wait for its kernel."""
    open_launcher(page)
    page.locator(f'{LAUNCHER} .jp-LauncherCard[data-category="Notebook"]').first.click()
    expect(page.locator(CELL).first).to_be_visible(timeout=START_TIMEOUT_MS)
    wait_for_kernel(page)


def wait_for_kernel(page: Page) -> None:
    """Wait until the kernel of the notebook on top answers: a cell that is run before is lost."""
    status = page.locator("#jp-main-statusbar", has_text="| Idle")
    expect(status).to_be_visible(timeout=START_TIMEOUT_MS)


def run_cell(page: Page, code: str) -> None:
    """Type ``code`` into the last cell and run it."""
    page.locator(f"{CELL} .cm-content").last.click()
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")


def expect_output(page: Page, text: str) -> None:
    """Wait until a cell of the notebook on top shows exactly ``text``."""
    output = page.locator(f"{CELL} .jp-OutputArea-output pre").filter(has_text=text)
    expect(output.first).to_be_visible(timeout=START_TIMEOUT_MS)


def open_name(page: Page) -> str:
    """Return the file name of the notebook on top."""
    return page.locator(".lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabLabel").inner_text()


def open_terminal(page: Page) -> None:
    """Open a terminal from a launcher and wait until it takes keys."""
    open_launcher(page)
    page.locator(f'{LAUNCHER} .jp-LauncherCard[data-category="Other"]', has_text="Terminal").click()
    terminal = page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden) .jp-Terminal")
    expect(terminal.locator(".xterm-helper-textarea")).to_be_attached(timeout=START_TIMEOUT_MS)
    terminal.click()


def open_launcher(page: Page) -> None:
    """Bring up a launcher, whatever is open."""
    page.get_by_role("button", name="New Launcher").first.click()
    expect(page.locator(f"{LAUNCHER} .jp-LauncherCard").first).to_be_visible()


def upload(page: Page, file: Path) -> None:
    """Upload ``file`` through the file browser and wait until the notebook has all of it."""
    with page.expect_file_chooser() as chosen:
        page.locator('[data-command="filebrowser:upload"], [title^="Upload Files"]').first.click()
    chosen.value.set_files(file)
    confirm = page.locator(".jp-Dialog button", has_text="Upload")
    expect(confirm).to_be_visible()
    confirm.click()
    expect(_listed(page, file.name)).to_be_visible(timeout=2 * START_TIMEOUT_MS)
    wait_for_file(page, file.name, size=file.stat().st_size)


def wait_for_file(page: Page, name: str, *, size: int) -> None:
    """Wait until the notebook holds the file ``name`` with ``size`` bytes."""
    eventually(lambda: _size_of(page, name) == size, within_seconds=120)


def _size_of(page: Page, name: str) -> int | None:
    """Ask for a file's size as the notebook's own page does."""
    size: int | None = page.evaluate(
        """async name => {
            const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
            const answer = await fetch(`${config.baseUrl}api/contents/${name}?content=0`);
            return answer.ok ? (await answer.json()).size : null;
        }""",
        name,
    )
    return size


def download(page: Page, name: str) -> Download:
    """Download the file ``name`` from the file browser's menu."""
    with page.expect_download(timeout=2 * START_TIMEOUT_MS) as started:
        _listed(page, name).click(button="right")
        page.locator('.lm-Menu-item[data-command="filebrowser:download"]').click()
    return started.value


def _listed(page: Page, name: str):  # noqa: ANN202 - a Playwright locator
    return page.locator(".jp-DirListing-item", has_text=name).first
