// The page keeps itself up to date; it can be stopped, and it says when it no longer is.
(() => {
  // a sentence about what was just done leaves by itself, unless it is about something that went wrong
  let from = null; // who had the focus when it came, and gets it back
  new MutationObserver(() => {
    const toast = document.querySelector("[data-toast]");
    if (toast) setTimeout(() => toast.remove(), 6000);
    from = document.activeElement;
  }).observe(document.getElementById("toast"), { childList: true });
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close-toast]");
    if (close) { const back = from; close.closest(".toast").remove(); back?.focus({ preventScroll: true }); }
  });

  // parts that arrive anew must not close what was opened here
  htmx.registerExtension("stay", { htmx_before_morph_attr: (element, { attrName }) => !(attrName === "open" && element.tagName === "DETAILS") });

  // by the lab's clock, as everything else on the page
  const now = () => new Date(Date.now() + Number(document.documentElement.dataset.utcOffsetS) * 1000).toISOString().slice(11, 19);
  const find = (name) => document.querySelector(`[data-${name}]`);
  const live = document.getElementById("live"), button = find("pause");
  if (!live) return;
  const fresh = live.cloneNode(true);
  let stream = live;

  function pause(at) {
    stream.remove();
    button.setAttribute("aria-pressed", "true");
    find("paused-at").textContent = at;
    find("paused").hidden = false;
    find("lost").hidden = true;
    keep(at);
  }

  function goOn() {
    stream = fresh.cloneNode(true);
    document.body.append(stream);
    htmx.process(stream);
    button.setAttribute("aria-pressed", "false");
    find("paused").hidden = true;
    keep("");
  }

  function keep(at) {
    try { sessionStorage.setItem("paused", at); } catch { /* it then holds for this page only */ }
  }

  const paused = () => button.getAttribute("aria-pressed") === "true";
  button.addEventListener("click", () => (paused() ? goOn() : pause(now())));
  find("resume").addEventListener("click", () => { goOn(); button.focus(); });
  try { if (sessionStorage.getItem("paused")) pause(now()); } catch { /* nothing was kept */ }

  // --- a connection that is gone is said once, with the moment of the last news
  let last = now();
  document.addEventListener("htmx:sse:before:message", (event) => {
    if (event.target !== stream || paused()) { event.preventDefault(); return; }
    last = now();
    find("lost").hidden = true;
  });
  const lost = (event) => {
    if (paused() || document.hidden || (event.target !== stream && event.target !== document)) return;
    find("lost-at").textContent = last;
    find("lost").hidden = false;
  };
  document.addEventListener("htmx:sse:error", lost);
  document.addEventListener("htmx:sse:close", (event) => event.detail.reason === "ended" && lost(event));
})();
