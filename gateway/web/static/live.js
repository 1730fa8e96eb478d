// Keeps the states on a page as they are: asks now and then, less often while nothing changes, and says
// aloud only what changed.
"use strict";
(() => {
  const SOONEST = 2500;
  const LATEST = 15000;
  let delay = SOONEST;
  const news = document.getElementById("news");
  const list = document.getElementById("notebooks");
  const waiting = document.getElementById("waiting");
  // Times are the gateway's; the browser's clock may be wrong.
  const ahead = Date.now() / 1000 - Number(document.body.dataset.now);

  const span = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
      if (whole >= size) return `${Math.floor(whole / size)} ${unit}`;
    }
    return `${whole} s`;
  };

  const tick = () => {
    const now = Date.now() / 1000 - ahead;
    for (const since of document.querySelectorAll(".since")) {
      const ready = since.closest(".state").dataset.state === "ready";
      since.textContent = ready ? "" : `since ${span(now - since.dataset.since)}`;
    }
    for (const ago of document.querySelectorAll("[data-ago]")) {
      ago.textContent = span(now - ago.dataset.ago);
    }
    for (const until of document.querySelectorAll("[data-until]")) {
      const seconds = until.dataset.until - now;
      until.textContent = seconds > 0 ? `, next in ${span(seconds + 1)}` : ", right now";
    }
  };

  // Nothing more is asked of a page that is going.
  const leave = (go) => {
    go();
    return new Promise(() => {});
  };
  const reload = () => leave(() => location.reload());

  const fetchJson = async (url, headers = {}) => {
    const answer = await fetch(url, { headers: { Accept: "application/json", ...headers }, cache: "no-store" });
    // The session or the grant has ended: the page itself says what now.
    if ([401, 403, 404].includes(answer.status)) return reload();
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  // --- The home page: each notebook's row ---

  const show = (row, notebook) => {
    const state = row.querySelector(".state");
    const open = row.querySelector("[data-open]");
    const asleep = notebook.reason === "asleep";
    const look = asleep ? "asleep" : notebook.state;
    const opens = asleep || look === "ready";
    row.querySelector(".since").dataset.since = Date.parse(notebook.since) / 1000;
    if (state.dataset.state === look) return;
    delay = SOONEST;
    state.className = `state state-${look}`;
    state.dataset.state = look;
    row.querySelector("[data-asleep]").hidden = !asleep;
    row.querySelector("[data-summary]").textContent = notebook.summary;
    open.textContent = opens ? "Open" : "Details";
    open.classList.toggle("primary", opens);
    open.setAttribute("aria-label", `${opens ? "Open" : "Details of"} ${notebook.name}`);
    news.textContent = `${notebook.name}: ${notebook.summary}`;
  };

  const askHome = async () => {
    const rows = new Map([...list.children].map((row) => [row.dataset.name, row]));
    const notebooks = await fetchJson("/-/api/v1/notebooks", { "X-CSRF-Token": list.dataset.csrf });
    const same = (one) => rows.has(one.name) && rows.get(one.name).dataset.level === one.level;
    if (notebooks.length !== rows.size || !notebooks.every(same)) return reload();
    delay = Math.min(delay * 1.15, LATEST);
    notebooks.forEach((notebook) => show(rows.get(notebook.name), notebook));
    tick();
  };

  // --- The page that waits: the door serves it in place of the wanted one, whose address is still the browser's ---

  // In the state that the page was made for, no more changes than the reason, the hop and the next try.
  const showOutage = ({ because, hop, retry_at, retry_after }) => {
    const [why, where, next] = ["[data-because]", "[data-hop]", "[data-until]"].map((one) => waiting.querySelector(one));
    if (why && why.textContent !== because) why.textContent = news.textContent = because;
    if (hop && !where) return reload();
    if (where) where.textContent = hop;
    if (next) next.dataset.until = retry_at ?? "";
    delay = Math.min(retry_after * 1000, LATEST);
    return tick();
  };

  const askWaiting = async () => {
    const told = await fetchJson(`/-/waiting/${waiting.dataset.name}/state`);
    const { state, summary } = told;
    const opens = ["ready", "asleep"].includes(state);
    if (state === waiting.dataset.state && !opens) return showOutage(told);
    news.textContent = summary;
    const elsewhere = opens && location.pathname.startsWith("/-/");
    return elsewhere ? leave(() => location.replace(waiting.dataset.url)) : reload();
  };

  // --- Both ---

  const stale = document.getElementById("stale");
  let timer;
  const askIn = (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(ask, milliseconds);
  };
  const ask = async () => {
    try {
      await (list ? askHome() : askWaiting());
      stale.hidden = true;
    } catch {
      stale.hidden = false;
      delay = Math.min(delay * 1.3, LATEST);
    }
    askIn(document.hidden ? LATEST : delay);
  };

  if (!list && !waiting) return;
  setInterval(tick, 1000);
  askIn(SOONEST);
  document.addEventListener("visibilitychange", () => document.hidden || askIn(0));
})();
