// What was typed is kept on this machine until it is handed in; and a link to a question opens it.
(() => {
  const key = (field) => `draft:${field.form.dataset.draft}`;
  const kept = (act) => { try { return act(); } catch { return null; } };
  const restore = () => document.querySelectorAll("form[data-draft] textarea").forEach((field) => {
    const draft = kept(() => localStorage.getItem(key(field)));
    if (draft) field.value = draft;
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("form[data-draft] textarea")) kept(() => localStorage.setItem(key(event.target), event.target.value));
  });
  // Its name has the number of tries in it: once an answer counts, the form has another name, or there is none any more.
  // Until then the draft stays, whatever became of sending it.
  let sent = null;
  document.addEventListener("submit", (event) => { sent = event.target.dataset.draft ?? null; });
  document.addEventListener("htmx:after:swap", () => {
    if (sent === null || document.querySelector(`form[data-draft="${CSS.escape(sent)}"]`)) return;
    kept(() => localStorage.removeItem(`draft:${sent}`));
    sent = null;
  });
  restore();

  const open = (id) => {
    const fold = document.getElementById(id);
    if (!fold) return;
    fold.open = true;
    fold.scrollIntoView({ block: "start" });
    fold.querySelector("summary").focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open]");
    if (link) { event.preventDefault(); history.replaceState(null, "", link.getAttribute("href")); open(link.dataset.open); }
  });
  // `#q-size` is a question; anything else that is named inside of one opens it
  const named = () => {
    const name = decodeURIComponent(location.hash.slice(1));
    if (name.startsWith("q-")) return open(`fold-${name.slice(2)}`);
    const inside = name ? document.getElementById(name) : null;
    const fold = inside?.closest(".rung-fold");
    if (fold) { fold.open = true; inside.scrollIntoView({ block: "start" }); }
  };
  addEventListener("hashchange", named);
  named();
})();
