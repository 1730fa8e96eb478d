"""What a notebook's page may try against another notebook and the gateway, as scripts for a real browser."""

from typing import Final

SAY: Final = """
    const ask = async (url, init) => {
        try {
            return (await fetch(url, { credentials: "include", ...init })).status;
        } catch {
            return "blocked";
        }
    };
    const pause = () => new Promise((go) => setTimeout(go, 100));
    const framed = async (url) => {
        const frame = document.createElement("iframe");
        const loaded = new Promise((go) => { frame.onload = go; setTimeout(go, 10000); });
        frame.src = url;
        document.body.append(frame);
        await loaded;
        try {
            return frame.contentDocument.querySelector("#jupyter-config-data, form") ? "read" : "blocked";
        } catch {
            return "blocked";
        } finally {
            frame.remove();
        }
    };
    const popped = async (url, wanted, then) => {
        const opened = window.open(url);
        try {
            for (let i = 0; i < 150; i += 1) {
                await pause();
                if (opened.closed) return "blocked";
                if (opened.document.querySelector(wanted)) return await then(opened);
            }
            return "nothing";
        } catch {
            return "blocked";
        } finally {
            opened.close();
        }
    };
    const sent = async (url, fields) => {
        const opened = window.open("about:blank", "sent");
        const form = document.createElement("form");
        Object.assign(form, { action: url, method: "post", enctype: "text/plain", target: "sent" });
        for (const [name, value] of Object.entries(fields)) {
            form.append(Object.assign(document.createElement("input"), { name, value }));
        }
        document.body.append(form);
        form.submit();
        for (let i = 0; i < 30; i += 1) await pause();
        opened.close();
        form.remove();
        return "sent";
    };
    const planted = async (cookie, forget) => {
        document.cookie = cookie;
        const seen = await ask(victim + "api/contents", { referrer: victim + "lab" });
        document.cookie = forget;
        return seen;
    };
    const socket = (url) => new Promise((told) => {
        const opening = new WebSocket(url);
        opening.onopen = () => { opening.close(); told("open"); };
        opening.onerror = () => told("blocked");
    });
    const asIfThere = { referrer: victim + "lab" };
    const asOurs = { referrer: gateway + "-/status" };
    const post = { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } };
"""
"""The gestures that attempts are made of."""

ON_NOTEBOOK: Final = {
    "read its API": """return ask(victim + "api/contents")""",
    "read its API, naming a page of its own": """return ask(victim + "api/contents", asIfThere)""",
    "start a kernel": """return ask(victim + "api/kernels", post)""",
    "start a kernel, naming a page of its own": """return ask(victim + "api/kernels", { ...post, ...asIfThere })""",
    "open a WebSocket": """return socket(victimSocket + "api/events/subscribe")""",
    "put it in a frame": """return framed(victim + "lab")""",
    "put it in a frame, naming a page of its own": """
        try {
            history.pushState({}, "", victim + "lab");
            return await framed(victim + "lab");
        } catch {
            return "blocked";
        } finally {
            history.pushState({}, "", own + "lab");
        }""",
    "read its page in a window": """
        return popped(victim + "lab", "#jupyter-config-data", async (there) => {
            const answer = await there.fetch(victim + "api/contents");
            return `read, ${answer.status}`;
        })""",
    "put a service worker before it": """
        try {
            await navigator.serviceWorker.register(own + "files/worker.js", { scope: victim });
            return "registered";
        } catch {
            return "blocked";
        }""",
    "put a service worker before its own pages": """
        try {
            await navigator.serviceWorker.register(own + "files/worker.js");
            return "registered";
        } catch {
            return "blocked";
        }""",
    "plant a session cookie": """
        return planted(`gateway=planted; path=${new URL(victim).pathname}`,
            `gateway=; path=${new URL(victim).pathname}; max-age=0`)""",
}

ON_GATEWAY: Final = {
    "read the API": """return ask(gateway + "-/api/v1/me")""",
    "read the API, naming a page of ours": """return ask(gateway + "-/api/v1/me", asOurs)""",
    "list tokens": """return ask(gateway + "-/api/v1/me/tokens", asOurs)""",
    "make a token": """return ask(gateway + "-/api/v1/me/tokens", { ...post, ...asOurs, body: '{"label": "mine"}' })""",
    "share a notebook": """
        return ask(gateway + "-/api/v1/notebooks/carol/shares",
            { ...post, ...asOurs, body: '{"to": "alice", "level": "use"}' })""",
    "fetch the account page": """return ask(gateway + "-/account", asOurs)""",
    "fetch the sharing page": """return ask(gateway + "-/share/carol", asOurs)""",
    "put the account page in a frame": """return framed(gateway + "-/account")""",
    "read the account page in a window": """
        return popped(gateway + "-/account", "input[name=csrf]", (there) =>
            there.document.querySelector("input[name=csrf]").value)""",
    "read the API in a window": """return popped(gateway + "-/api/v1/me", "pre", (there) => there.document.body.innerText)""",
}


def script(attempt: str) -> str:
    """Return the function that tries it, for Playwright to call with the addresses."""
    return f"async ({{ own, victim, victimSocket, gateway }}) => {{ {SAY} {attempt} }}"


def form_to(address: str) -> str:
    """Return the function that sends a form there in a window of its own."""
    return script(f"""return sent({address}, {{ '{{"name": "python3", "x": "': '"}}' }})""")
