// Tells who looks at a notebook that their log-in is about to end, while there is time to stay logged in. The notebook's
// page is not loaded again for it: once the log-in is renewed in another tab, the notice goes by itself.
"use strict";
(() => {
  const LONGEST = 300_000; // between two questions; besides, it asks whenever somebody comes back to the page
  const SOON = 3_000;
  const UNITS = [[86_400, "day"], [3_600, "hour"], [60, "minute"], [1, "second"]];
  const STYLE = `
    :host { all: initial; position: fixed; z-index: 2147483647; top: 0; left: 50%; transform: translateX(-50%); max-width: 94vw; }
    div { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; padding: 7px 16px; border-radius: 0 0 10px 10px;
      background: #7a4100; color: #fff; font: 600 13px/20px system-ui, sans-serif; box-shadow: 0 2px 10px #0006; }
    a, button { color: #fff; font: inherit; text-decoration: underline; background: none; border: 0; padding: 2px 0; cursor: pointer; }
    a:focus-visible, button:focus-visible { outline: 2px solid #fff; outline-offset: 2px; }`;
  if (window.top !== window) return;

  let notice = null;
  let unwanted = null; // what was put away; something else is said all the same
  let timer = 0;

  const hide = () => {
    notice?.host.remove();
    notice = null;
  };

  const begin = () => {
    const host = document.createElement("gateway-notice");
    const root = host.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet(); // a page's policy may forbid a style in the page, but not this
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    root.innerHTML =
      '<div role="alert"><span></span><a target="_blank" rel="noopener"></a><button type="button">Not now</button></div>';
    notice = { host, said: root.querySelector("span"), link: root.querySelector("a") };
    root.querySelector("button").addEventListener("click", () => {
      unwanted = notice.link.textContent;
      hide();
    });
    document.body.append(host);
  };

  const say = (said, leads, link) => {
    if (link === unwanted) return;
    if (notice === null) begin();
    if (notice.said.textContent !== said) notice.said.textContent = said;
    notice.link.href = leads;
    notice.link.textContent = link;
  };

  const duration = (seconds) => {
    const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? UNITS.at(-1);
    const count = Math.max(1, Math.floor(seconds / size));
    return `${count} ${unit}${count === 1 ? "" : "s"}`;
  };

  // Returns in how many milliseconds to ask again.
  const told = ({ ends_in: left, warn_before: warn, stay }) => {
    if (left > warn) {
      unwanted = null;
      hide();
      return Math.min(LONGEST, (left - warn) * 1000 + 100);
    }
    if (left > 0) say(`Your log-in ends in ${duration(left)}.`, stay, "Stay logged in");
    else say("You are logged out.", stay, "Log in");
    return SOON;
  };

  const ask = async () => {
    clearTimeout(timer);
    let wait = 10 * SOON;
    try {
      const answer = await fetch("/-/session", { cache: "no-store" });
      if (answer.ok) wait = told(await answer.json());
    } catch {
      // The gateway can't be asked now; the page shows that itself.
    }
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };

  document.addEventListener("visibilitychange", () => document.hidden || ask());
  window.addEventListener("focus", ask);
  ask();
})();
