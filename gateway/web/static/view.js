// Tells somebody who may only view a notebook how fresh it is, follows what is saved, and spares them what can't work.
// The gateway refuses every change, whatever this page tries; nothing here guards anything. Without jupyter-collaboration
// JupyterLab shows a document as it was when it was opened: so we ask every few seconds whether it was saved since, and
// have JupyterLab read it again. With it the page is live by itself, as long as nobody types into their own copy.
"use strict";
(() => {
  const ASK = 2000;
  const CHANGES = new RegExp(
    "^(notebook|fileeditor|editmenu):.*(run|insert|delete|cut|paste|merge|split|move-cell|change-cell|undo|redo" +
    "|duplicate|clear|trust|restart|replace|render|indent)|^(runmenu|kernelmenu|console|terminal|debugger):" +
    "|^docmanager:(save|rename|delete|duplicate|restore|new)" +
    "|^filebrowser:(create|upload|delete|rename|cut|paste|duplicate)");
  const badge = document.getElementById("gateway-view");
  const seen = new WeakMap();
  let refused = 0;

  // JupyterLab's own application, as soon as there is one: before it opens anything.
  const prepared = (app) => {
    const execute = app.commands.execute.bind(app.commands);
    app.commands.execute = (id, ...args) => {
      if (!CHANGES.test(id)) return execute(id, ...args);
      refused = Date.now();
      say();
      return Promise.resolve();
    };
    const preference = app.docRegistry.getKernelPreference.bind(app.docRegistry);
    app.docRegistry.getKernelPreference = (...args) => {
      const wanted = preference(...args);
      return wanted && { ...wanted, shouldStart: false };
    };
    return app;
  };
  let lab = null;
  Object.defineProperty(window, "jupyterapp", { get: () => lab, set: (app) => { lab = prepared(app); } });

  const open = () => [...lab.shell.widgets("main")]
    .filter((widget) => widget.context?.isReady && !widget.context.isDisposed);

  const say = () => {
    const documents = lab ? open() : [];
    let text = "view only";
    if (Date.now() - refused < 2 * ASK) text = "view only · nothing can be changed here";
    else if (documents.some((widget) => !widget.context.model.collaborative)) text = "view only · as last saved";
    else if (documents.length) text = "view only · live";
    if (badge.textContent !== text) badge.textContent = text;
  };

  const lock = ({ content }) => {
    for (const cell of content.widgets ?? []) cell.readOnly = true;
    content.editor?.setOption?.("readOnly", true);
  };

  const follow = async (context) => {
    const saved = await lab.serviceManager.contents.get(context.path, { content: false });
    const before = seen.get(context) ?? context.contentsModel?.last_modified;
    if (before !== saved.last_modified) await context.revert();
    seen.set(context, saved.last_modified);
  };

  const look = async () => {
    for (const widget of open()) {
      lock(widget);
      if (!widget.context.model.collaborative) await follow(widget.context);
    }
  };

  const tick = async () => {
    try {
      if (lab && !document.hidden) await look();
    } catch {
      // The notebook can't be asked now; JupyterLab says so itself.
    }
    say();
    setTimeout(tick, ASK);
  };
  tick();
})();
