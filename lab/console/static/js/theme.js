// Light or dark before the first picture: what was chosen here, else what the system says.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let unkept = null; // private windows may refuse to keep a choice; then it lasts for this page
  const kept = () => {
    try { return unkept || localStorage.getItem("theme") || "auto"; } catch { return "auto"; }
  };
  const show = () => {
    const choice = kept();
    const dark = choice === "dark" || (choice === "auto" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    const button = document.querySelector("[data-theme-button]");
    if (!button) return;
    const words = { auto: "as the system has them", light: "light", dark: "dark" };
    button.setAttribute("aria-label", `Colours: ${words[choice]}`);
    button.querySelector("[data-theme-text]").textContent = choice[0].toUpperCase() + choice.slice(1);
  };
  show();
  system.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.querySelector("[data-theme-button]")?.addEventListener("click", () => {
      const order = ["auto", "light", "dark"];
      const next = order[(order.indexOf(kept()) + 1) % order.length];
      try { localStorage.setItem("theme", next); } catch { unkept = next; }
      show();
    });
  });
})();
