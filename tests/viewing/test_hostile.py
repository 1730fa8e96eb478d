"""The hostile viewer: sends again all that a full user's browser sent, and all that we could make up.

The notebook is the same afterwards as before, its owner goes on working in it, and the viewer's own page goes on
showing how.
"""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser import lab
from tests.stack import eventually
from tests.viewing import crafted
from tests.viewing.house import DOCUMENT, LIVE, NOTEBOOKS, OWNER, SAVED, TEXT, VIEWER, House, Place
from tests.viewing.recording import Recording, Sent
from tests.viewing.snapshot import taken
from tests.viewing.viewer import Hostile
from tests.viewing.windows import enter, run, save

pytestmark = [pytest.mark.demo, pytest.mark.browser, pytest.mark.timeout(300)]

Open = Callable[[], Page]
REFUSED = {400, 403, 404, 405, 411, 501}
HARMLESS = {204}
"""A page's own layout is thanked for, and forgotten; that it is forgotten, the files show."""
SOON_MS = 10_000


@pytest.fixture
def bob(house: House) -> Iterator[Hostile]:
    with closing(house.log_in(VIEWER)) as client:
        yield Hostile(house.port, client.cookies["gateway"])


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_nothing_that_a_viewer_sends_changes_anything(
    house: House, window: Open, bob: Hostile, notebook: str
) -> None:
    """Files, kernels and what is in them, terminals and sessions, before and after; and the view goes on."""
    place = house.places[notebook]
    alice, viewer = window(), window()
    recording = Recording(notebook)
    recording.listen(alice)
    _work(alice, house, notebook)
    enter(viewer, house, VIEWER, notebook, DOCUMENT)
    assert {s.method for s in recording.requests} >= {"GET", "PUT", "POST", "PATCH", "DELETE"}
    before = taken(place)

    _replay(bob, recording)
    _send_crafted(bob, place)
    _speak_crafted(bob, recording, place)

    assert taken(place) == before
    run(alice, "print('still', 'mine')")
    lab.expect_output(alice, "still mine")
    _save(alice, notebook)
    output = viewer.locator(f"{lab.CELL} .jp-OutputArea-output pre").filter(has_text="still mine")
    expect(output).to_be_visible(timeout=SOON_MS)
    eventually(lambda: _sources(place) == ["print('still', 'mine')"], within_seconds=10)
    after = taken(place)
    assert without_checkpoint(after.files) == without_checkpoint(before.files)
    assert (after.sessions, after.terminals) == (before.sessions, before.terminals)


def _work(page: Page, house: House, notebook: str) -> None:
    """Do all kinds of things, as a full user: run, save, rename, delete, open a terminal, interrupt."""
    (house.places[notebook].files / "away.txt").write_text("to be deleted\n")
    (house.places[notebook].files / "old.txt").write_text("to be renamed\n")
    enter(page, house, OWNER, notebook, DOCUMENT)
    lab.wait_for_kernel(page)
    run(page, "6 * 7")
    lab.expect_output(page, "42")
    _save(page, notebook)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Interrupt Kernel").click()
    _choose(page, "away.txt", "filebrowser:delete")
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    expect(_listed(page, "away.txt")).to_have_count(0, timeout=SOON_MS)
    _choose(page, "old.txt", "filebrowser:rename")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("new.txt")
    page.keyboard.press("Enter")
    expect(_listed(page, "new.txt")).to_be_visible(timeout=SOON_MS)
    lab.open_terminal(page)
    page.keyboard.type("true\n")
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text=DOCUMENT).click()


def _save(page: Page, notebook: str) -> None:
    """Save; with collaboration the server does, and its own saving and ours would get in each other's way."""
    if notebook == SAVED:
        save(page)


def _choose(page: Page, name: str, command: str) -> None:
    """Choose from the menu that a file has."""
    _listed(page, name).click(button="right")
    page.locator(f'.lm-Menu-item[data-command="{command}"]').click()


def _listed(page: Page, name: str):  # noqa: ANN202 - a Playwright locator
    return page.locator(".jp-DirListing-item", has_text=name)


def _replay(bob: Hostile, recording: Recording) -> None:
    """Send again every request and every frame; nothing but reading gets an answer."""
    for sent in dict.fromkeys(recording.requests):
        fields = {} if sent.content_type is None else {"Content-Type": sent.content_type}
        status, _ = bob.send(sent.method, sent.path, sent.body, **fields)
        assert status in REFUSED | HARMLESS or _only_reads(sent), (sent, status)
    for socket in recording.sockets:
        for v1 in (True, False):
            bob.say(socket.path, socket.frames, v1=v1)


def _only_reads(sent: Sent) -> bool:
    return sent.method in {"GET", "HEAD"} or "/api/collaboration/session/" in sent.path


def _send_crafted(bob: Hostile, place: Place) -> None:
    [kernel, *_] = place.ask("api/kernels").json()
    [session, *_] = place.ask("api/sessions").json()
    for method, path, body, fields in crafted.requests(place.name, kernel["id"], session["id"]):
        try:
            status, _ = bob.send(method, path, body, **fields)
        except http.client.HTTPException:
            continue  # cut off
        reads = method in {"GET", "HEAD"} and status in {200, 404}
        harmless = reads or (status == 303 and path.endswith("/logout"))  # the door's own way home
        assert status in REFUSED or harmless, (method, path, status)


def _speak_crafted(bob: Hostile, recording: Recording, place: Place) -> None:
    kernels = _paths(recording, "/channels")
    events = _paths(recording, "/api/events/")
    assert kernels
    assert events
    for path in kernels:
        for v1 in (True, False):
            frames = list(crafted.kernel_frames("stolen", v1=v1))
            assert bob.say(path, frames, v1=v1) == 101
    for path in events:
        assert bob.say(path, ['{"schema_id": "x", "version": "1", "data": {}}']) == 101
    assert {bob.say(path, []) for path in _paths(recording, "/terminals/")} == {403}
    open_to_bob = [*kernels, *events]
    if place.name == LIVE:
        open_to_bob += _enter_rooms(bob, recording, place.name)
    for path in open_to_bob:
        for wire in crafted.RAW:
            bob.say_raw(path, wire)


def _paths(recording: Recording, part: str) -> list[str]:
    return [socket.path for socket in recording.sockets if part in socket.path]


def _enter_rooms(bob: Hostile, recording: Recording, name: str) -> list[str]:
    """Say in the rooms that a viewer may enter all that the owner said there, and worse."""
    rooms = [socket for socket in recording.sockets if "/room/" in socket.path]
    documents = [room for room in rooms if "json:notebook:" in room.path]
    said = [frame for room in rooms for frame in room.frames]
    assert documents
    assert said
    assert all(bob.say(room.path, room.frames) == 403 for room in documents)
    sealed = bob.room(name, DOCUMENT)
    whom = f"/{name}/api/collaboration/room/JupyterLab:globalAwareness"
    for path in (sealed, whom):
        assert bob.say(path, [*said, *crafted.room_frames()]) == 101
    text = sealed.replace("json:notebook:", "text:file:")
    assert bob.say(text, []) == 403
    return [sealed, whom]


def _sources(place: Place) -> list[str]:
    cells = json.loads((place.files / DOCUMENT).read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["source"]]


def without_checkpoint(files: dict[str, str]) -> dict[str, str]:
    """Return ``files`` without the copy that the owner's own save has made."""
    return {name: content for name, content in files.items() if "-checkpoint" not in name}


def test_the_files_are_there(house: House) -> None:
    """And nothing of the viewer's name is in them."""
    for name in (LIVE, SAVED):
        place = house.places[name]
        assert (place.files / TEXT).read_text() == "a line\n"
        assert not list(place.files.rglob(f"*{crafted.MARK}*"))
        assert crafted.MARK not in (place.files / DOCUMENT).read_text()
