// Whoever clicks a button twice means it once.
(() => {
  const AGAIN_MS = 1000;
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    if (event.timeStamp - (sent.get(event.target) ?? -AGAIN_MS) < AGAIN_MS) event.preventDefault();
    else sent.set(event.target, event.timeStamp);
  });
})();
