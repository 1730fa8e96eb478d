// Keeps the home page's states as they are: asks every few seconds, says aloud only what changed.
"use strict";
(() => {
  const list = document.getElementById("notebooks");
  if (!list) return;
  const STEP = 3000;
  const news = document.getElementById("news");
  const stale = document.getElementById("fresh");
  const rows = new Map([...list.children].map((row) => [row.dataset.name, row]));

  const span = (seconds) => {
    const s = Math.max(0, Math.floor(seconds));
    for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
      if (s >= size) return `${Math.floor(s / size)} ${unit}`;
    }
    return `${s} s`;
  };

  const tick = () => {
    for (const row of rows.values()) {
      const state = row.querySelector(".state");
      const since = row.querySelector(".since");
      const ready = state.dataset.state === "ready";
      since.textContent = ready ? "" : `since ${span(Date.now() / 1000 - since.dataset.since)}`;
    }
  };

  const show = (row, notebook) => {
    const state = row.querySelector(".state");
    const open = row.querySelector("[data-open]");
    const ready = notebook.state === "ready";
    row.querySelector(".since").dataset.since = Date.parse(notebook.since) / 1000;
    if (state.dataset.state === notebook.state) return;
    state.className = `state state-${notebook.state}`;
    state.dataset.state = notebook.state;
    row.querySelector("[data-summary]").textContent = notebook.summary;
    open.textContent = ready ? "Open" : "Details";
    open.classList.toggle("primary", ready);
    open.setAttribute("aria-label", `${ready ? "Open" : "Details of"} ${notebook.name}`);
    news.textContent = `${notebook.name}: ${notebook.summary}`;
  };

  const changed = (notebooks) =>
    notebooks.length !== rows.size ||
    notebooks.some((n) => !rows.has(n.name) || rows.get(n.name).dataset.level !== n.level);

  const ask = async () => {
    try {
      const answer = await fetch("/-/api/v1/notebooks", {
        headers: { "X-CSRF-Token": list.dataset.csrf, Accept: "application/json" },
        cache: "no-store",
      });
      if (answer.status === 401 || answer.status === 403) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const notebooks = await answer.json();
      if (changed(notebooks)) return location.reload();
      notebooks.forEach((notebook) => show(rows.get(notebook.name), notebook));
      stale.hidden = true;
      tick();
    } catch {
      stale.hidden = false;
    }
    setTimeout(ask, document.hidden ? 5 * STEP : STEP);
  };

  setInterval(tick, 1000);
  setTimeout(ask, STEP);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
})();
