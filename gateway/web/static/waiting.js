// Waits for the notebook, and loads the page that was wanted once it is there.
"use strict";
(() => {
  const card = document.getElementById("waiting");
  const since = card.querySelector(".since");
  const news = document.getElementById("news");
  const STEP = 1500;

  const span = (seconds) => {
    const s = Math.max(0, Math.floor(seconds));
    for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
      if (s >= size) return `${Math.floor(s / size)} ${unit}`;
    }
    return `${s} s`;
  };

  // The door serves this page in place of the wanted one, whose address is still the browser's.
  const go = () =>
    location.pathname.startsWith("/-/waiting/") ? location.replace(card.dataset.url) : location.reload();

  const ask = async () => {
    try {
      const answer = await fetch(`/-/waiting/${card.dataset.name}/state`, { cache: "no-store" });
      if (answer.status === 401 || answer.status === 404) return location.reload();
      if (answer.ok) {
        const { state, summary } = await answer.json();
        if (state === "ready") {
          news.textContent = summary;
          return go();
        }
        if (state !== card.dataset.state) return location.reload();
      }
    } catch {
      // The gateway itself is away: ask on.
    }
    setTimeout(ask, STEP);
  };

  if (card.dataset.state !== "ready") {
    setInterval(() => {
      since.textContent = `since ${span(Date.now() / 1000 - since.dataset.since)}`;
    }, 1000);
  }
  setTimeout(ask, STEP);
})();
