// Buttons that put a text on the clipboard and say so.
(() => {
  const labels = new Map(); // of the buttons that say something else just now: what stood there, and when it comes back
  const announce = document.getElementById("announce");

  function say(button, text) {
    const label = labels.get(button) ?? { nodes: [...button.childNodes], back: 0 };
    clearTimeout(label.back);
    button.textContent = announce.textContent = text;
    label.back = setTimeout(() => {
      button.replaceChildren(...label.nodes);
      labels.delete(button);
      if (announce.textContent === text) announce.textContent = ""; // or the same again would not be said
    }, 2000);
    labels.set(button, label);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.dataset.copy || document.getElementById(button.dataset.copyOf)?.textContent || "";
    try {
      await navigator.clipboard.writeText(text);
      say(button, "Copied");
    } catch {
      say(button, "Not allowed here: select it and copy");
    }
  });
})();
