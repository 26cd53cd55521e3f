// Lists of records: arrow keys go from one to the next, beside Tab.
document.addEventListener("keydown", (event) => {
  if (!["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
  const list = event.target.closest?.("[data-rows]");
  if (!list || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const stops = [...list.querySelectorAll("[data-row]")].filter((stop) => stop.offsetParent !== null || stop instanceof SVGElement);
  const at = stops.findIndex((stop) => stop === event.target || stop.closest("[data-row-of]")?.contains(event.target));
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: stops.length - 1 }[event.key];
  if (at < 0 || !stops[to]) return;
  event.preventDefault();
  stops[to].focus();
});
