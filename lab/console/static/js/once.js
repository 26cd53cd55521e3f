// Whoever clicks a button twice means it once, where the click leads to another page. That may take a while: a fix, a start.
(() => {
  const AGAIN_MS = 5000;
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[method=post]:not([hx-post])")) return;
    if (event.timeStamp - (sent.get(event.target) ?? -Infinity) < AGAIN_MS) event.preventDefault();
    else sent.set(event.target, event.timeStamp);
  });
})();
