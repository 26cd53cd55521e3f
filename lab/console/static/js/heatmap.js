// How durations are spread over time, as fields of a grid; by arrow keys in both directions, and as a table.
(() => {
  const LEFT = 112, BOTTOM = 26, ROW = 20;
  const maps = new Map();
  const data = (figure) => JSON.parse(figure.dataset.heat);
  const ms = (number) => say.value("ms", number);
  const range = (bounds, place) => (place === 0 ? `below ${ms(bounds[0])}` : place === bounds.length ? `${ms(bounds.at(-1))} and more` : `${ms(bounds[place - 1])} to ${ms(bounds[place])}`);

  // the rows from the shortest to the longest duration that occurs, so that the picture is not mostly empty
  function rows(heat) {
    const seen = heat.bounds_ms.map((_, n) => n).concat(heat.bounds_ms.length).filter((place) => heat.counts.some((column) => column[place]));
    return seen.length ? [Math.max(0, seen[0] - 1), Math.min(heat.bounds_ms.length, seen.at(-1) + 1)] : [2, 7];
  }

  function draw(figure) {
    const map = maps.get(figure), heat = data(figure), [low, high] = rows(heat);
    const { canvas } = map, ratio = devicePixelRatio || 1, wide = canvas.parentElement.clientWidth, tall = (high - low + 1) * ROW + BOTTOM;
    Object.assign(canvas, { width: wide * ratio, height: tall * ratio });
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${tall}px`;
    const ctx = canvas.getContext("2d");
    ctx.scale(ratio, ratio);
    ctx.font = `14px ${say.ink("--sans")}`;
    ctx.fillStyle = say.ink("--ink-soft");
    ctx.textBaseline = "middle";
    ctx.textAlign = "right";
    const y = (place) => (high - place) * ROW, across = (wide - LEFT) / Math.max(1, heat.times_s.length);
    for (let place = low; place <= high; place++) {
      const text = place === 0 ? `< ${ms(heat.bounds_ms[0])}` : `${ms(heat.bounds_ms[place - 1])}${place === heat.bounds_ms.length ? "" : " –"}`;
      if ((high - place) % 2 === 0) ctx.fillText(text, LEFT - 10, y(place) + ROW / 2);
    }
    const most = Math.max(1, ...heat.counts.flat());
    heat.counts.forEach((column, at) => {
      for (let place = low; place <= high; place++) {
        if (!column[place]) continue;
        ctx.fillStyle = say.ink(`--heat-${1 + Math.min(3, Math.floor((column[place] / most) ** 0.5 * 4 - 1e-9))}`);
        ctx.fillRect(LEFT + at * across + 0.5, y(place) + 1, Math.max(1, across - 1), ROW - 2);
      }
    });
    ctx.fillStyle = say.ink("--ink-soft");
    ctx.textAlign = "left";
    const every = Math.ceil(88 / Math.max(1, across));
    heat.times_s.forEach((time, at) => {
      const x = LEFT + at * across;
      if (at % every === 0 && x + 64 < wide) ctx.fillText(say.clock(time), x, tall - 9);
    });
    if (map.focus) {
      ctx.strokeStyle = say.ink("--ink");
      ctx.lineWidth = 2;
      ctx.strokeRect(LEFT + map.at * across, y(map.place), Math.max(4, across), ROW);
    }
    Object.assign(map, { low, high, across });
  }

  function told(heat, at, place) {
    const total = heat.counts[at].reduce((sum, one) => sum + one, 0), count = heat.counts[at][place];
    return `${say.clock(heat.times_s[at])}, ${range(heat.bounds_ms, place)}: ${count} of ${total} request${total === 1 ? "" : "s"}`;
  }

  function tell(figure) {
    const map = maps.get(figure), heat = data(figure);
    if (!heat.times_s.length) return;
    map.at = Math.max(0, Math.min(heat.times_s.length - 1, map.at));
    map.time = heat.times_s[map.at];
    map.place = Math.max(map.low, Math.min(map.high, map.place));
    const text = told(heat, map.at, map.place);
    figure.querySelector(".readout").textContent = text;
    map.plot.setAttribute("aria-valuenow", map.at);
    map.plot.setAttribute("aria-valuetext", text);
  }

  function make(figure) {
    const plot = figure.querySelector(".plot"), canvas = document.createElement("canvas"), heat = data(figure);
    const map = { plot, canvas, at: Math.max(0, heat.times_s.length - 1), place: 4, focus: false };
    maps.set(figure, map);
    plot.append(canvas);
    Object.entries({ tabindex: 0, role: "slider", "aria-label": `${figure.dataset.label}; arrow keys move through time and durations`, "aria-valuemin": 0, "aria-valuemax": Math.max(0, heat.times_s.length - 1), "aria-valuenow": map.at, "aria-valuetext": "" })
      .forEach(([name, value]) => plot.setAttribute(name, value));
    draw(figure);
    tell(figure);
    figure.querySelector(".readout").textContent = "\u00a0";
    const moved = () => { draw(figure); tell(figure); };
    plot.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [-10, 0], PageDown: [10, 0], Home: [-1e6, 0], End: [1e6, 0] }[event.key];
      if (!by) return;
      event.preventDefault();
      map.focus = true;
      map.at += by[0];
      map.place += by[1];
      tell(figure);
      draw(figure);
    });
    plot.addEventListener("focus", () => { if (plot.matches(":focus-visible")) { map.focus = true; moved(); } });
    plot.addEventListener("mousedown", () => { map.focus = false; draw(figure); }); // from here on the mouse leads
    plot.addEventListener("blur", () => { map.focus = false; draw(figure); });
    canvas.addEventListener("mousemove", (event) => {
      const box = canvas.getBoundingClientRect(), x = event.clientX - box.left - LEFT;
      if (x < 0 || map.focus) return;
      map.at = Math.floor(x / map.across);
      map.place = map.high - Math.floor((event.clientY - box.top) / ROW);
      tell(figure);
    });
    new ResizeObserver(() => draw(figure)).observe(plot);
  }

  function table(figure, into) {
    const heat = data(figure), made = document.createElement("table");
    made.createCaption().textContent = figure.dataset.label;
    const add = (parent, cells, head) => {
      const line = parent.insertRow();
      cells.forEach((text, n) => {
        const cell = document.createElement(head || n === 0 ? "th" : "td");
        if (cell.tagName === "TH") cell.scope = head ? "col" : "row";
        cell.textContent = text;
        line.append(cell);
      });
    };
    add(made.createTHead(), ["time", "took", "requests"], true);
    const body = made.createTBody();
    heat.counts.forEach((column, at) => column.forEach((count, place) => count && add(body, [say.clock(heat.times_s[at]), range(heat.bounds_ms, place), count], false)));
    into.replaceChildren(made);
  }

  const all = () => document.querySelectorAll(".heat").forEach((figure) => maps.has(figure) || make(figure));
  new MutationObserver((changes) => {
    changes.filter((one) => one.type === "attributes" && maps.has(one.target)).forEach((one) => {
      const map = maps.get(one.target), times = data(one.target).times_s;
      map.at = Math.max(0, times.findIndex((time) => time >= map.time)); // the same moment, which has moved to the left
      map.plot.setAttribute("aria-valuemax", Math.max(0, times.length - 1));
      draw(one.target);
    });
    if (changes.some((one) => one.type === "childList")) all();
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-heat"] });
  new MutationObserver(() => maps.forEach((_, figure) => draw(figure))).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  document.addEventListener("toggle", (event) => {
    const into = event.target.open && event.target.querySelector?.("[data-table-of]");
    const figure = into ? document.getElementById(into.dataset.tableOf) : null;
    if (figure?.matches(".heat")) table(figure, into);
  }, true);
  all();
})();
