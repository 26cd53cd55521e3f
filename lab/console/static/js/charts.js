// Time series: drawn by uPlot from what the page holds, moved over by arrow keys, told as a table on demand.
(() => {
  const charts = new Map();
  const read = (figure, name) => JSON.parse(figure.dataset[name] || "null");

  function settings(figure, plot) {
    const { unit, kind } = figure.dataset;
    const ink = say.ink("--ink-soft"), grid = say.ink("--chart-grid");
    const font = `14px ${say.ink("--sans")}`;
    const bars = kind === "bars" ? uPlot.paths.bars({ size: [0.86, 40], align: 1 }) : undefined;
    return {
      width: plot.clientWidth,
      height: Number(figure.dataset.height),
      padding: [16, 12, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false, dist: 4 }, points: { show: kind !== "bars", size: 8 }, y: false },
      scales: {
        x: { time: true, range: (u, low, high) => (low === high ? [low - 1, high + 1] : [low, high + (kind === "bars" ? Number(figure.dataset.step) : 0)]) },
        y: { range: (u, low, high) => [0, Math.max(high, read(figure, "usual") || 0, unit === "share" ? 0.02 : unit === "ms" ? 10 : 1) * 1.12] },
      },
      axes: [
        { stroke: ink, font, grid: { show: false }, ticks: { stroke: grid }, space: 84, values: (u, at) => at.map((one) => (fits(u, one) ? say.clock(one) : "")), size: 34 },
        { stroke: ink, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, space: 32, values: (u, at) => at.map((one) => say.tick(unit, one)), size: 62 },
      ],
      series: [{}, ...read(figure, "lines").map((line) => ({
        label: line.text, stroke: say.ink(`--chart-${line.ink}`), width: 2, dash: line.dash || undefined, spanGaps: false,
        points: { show: kind === "dots" }, paths: bars, fill: bars ? say.ink(`--chart-${line.ink}`) : undefined,
      }))],
      hooks: {
        drawClear: [(u) => behind(u, figure)],
        draw: [(u) => marks(u, figure, font)],
        setCursor: [(u) => figure.dataset.moving || pointed(figure, u)],
        setSelect: [(u) => selectedByMouse(figure, u)],
      },
    };
  }

  // a time at the right end would be cut off
  const fits = (u, time) => u.valToPos(time, "x") < u.bbox.width / devicePixelRatio - 18;

  function behind(u, figure) {
    const band = read(figure, "band"), usual = read(figure, "usual"), { ctx, bbox } = u;
    ctx.save();
    if (band) {
      const from = Math.max(bbox.left, u.valToPos(band[0], "x", true)), to = Math.min(bbox.left + bbox.width, u.valToPos(band[1], "x", true));
      ctx.fillStyle = say.ink("--sunken");
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
      ctx.strokeStyle = say.ink("--edge"); // the ground alone is too faint to be seen by everybody
      ctx.lineWidth = devicePixelRatio;
      for (const x of [from, to]) { ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke(); }
    }
    if (usual !== null) {
      const y = u.valToPos(usual, "y", true);
      ctx.strokeStyle = say.ink("--chart-usual");
      ctx.lineWidth = 2 * devicePixelRatio;
      ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath(); ctx.moveTo(bbox.left, y); ctx.lineTo(bbox.left + bbox.width, y); ctx.stroke();
    }
    ctx.restore();
  }

  function marks(u, figure, font) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.font = font.replace("14px", `${13 * ratio}px`);
    ctx.fillStyle = ctx.strokeStyle = say.ink("--chart-mark");
    ctx.lineWidth = 1.5 * ratio;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    const shown = read(figure, "marks").map((mark) => ({ short: mark.short, x: u.valToPos(mark.time_s, "x", true) }))
      .filter((mark) => mark.x >= bbox.left && mark.x <= bbox.left + bbox.width);
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    for (const { x } of shown) { ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke(); }
    ctx.setLineDash([]);
    ctx.strokeStyle = say.ink("--surface"); // a rim, for a label may lie on another one's line
    ctx.lineWidth = 4 * ratio;
    const free = [bbox.left, bbox.left, bbox.left]; // labels that would touch stand below each other
    for (const { short, x } of shown) {
      const wide = ctx.measureText(short).width, left = Math.min(x, bbox.left + bbox.width - wide);
      const row = free.findIndex((from) => left >= from);
      if (row < 0) continue;
      const y = bbox.top + (row * 15 - 3) * ratio;
      ctx.strokeText(short, left, y);
      ctx.fillText(short, left, y);
      free[row] = left + wide + 8 * ratio;
    }
    ctx.restore();
  }

  // --- the cursor: by mouse or by keys, told in words below the chart and to screen readers

  function told(figure, at) {
    const points = read(figure, "points"), lines = read(figure, "lines"), { unit, step } = figure.dataset;
    const near = read(figure, "marks").filter((mark) => Math.abs(mark.time_s - points[0][at]) <= Number(step));
    const values = lines.map((line, n) => `${lines.length > 1 ? line.text + " " : ""}${say.value(unit, points[n + 1][at])}`);
    return `${say.clock(points[0][at])}: ${values.join(", ")}${near.map((mark) => ` – ${mark.text}`).join("")}`;
  }

  function pointed(figure, u) {
    const at = u.cursor.idx;
    if (at === null || at === undefined || chartOf(figure).keys) return;
    figure.querySelector(".readout").textContent = told(figure, at);
  }

  const chartOf = (figure) => charts.get(figure);

  // Where the keys are is a moment, not a place in the list: with each second the points move on. Without one, the newest.
  function placeOf(figure, time) {
    const times = read(figure, "points")[0], at = time === null ? -1 : times.findIndex((one) => one >= time);
    return at < 0 ? Math.max(0, times.length - 1) : at;
  }

  function cursorTo(figure, time) {
    const { u } = chartOf(figure);
    figure.dataset.moving = "1";
    u.setCursor({ left: u.valToPos(time, "x"), top: 10 });
    delete figure.dataset.moving;
  }

  function move(figure, at, extend) {
    const chart = chartOf(figure), { slider } = chart, times = read(figure, "points")[0];
    if (!times.length) return;
    at = Math.max(0, Math.min(times.length - 1, at));
    if (extend) chart.from ??= chart.at ?? times.at(-1);
    else chart.from = null;
    chart.at = times[at];
    cursorTo(figure, chart.at);
    slider.setAttribute("aria-valuenow", at);
    slider.setAttribute("aria-valuetext", told(figure, at));
    figure.querySelector(".readout").textContent = told(figure, at);
    if (chart.from !== null) select(figure, Math.min(chart.from, chart.at), Math.max(chart.from, chart.at) + Number(figure.dataset.step), true);
  }

  function keys(figure, event) {
    const chart = chartOf(figure), last = read(figure, "points")[0].length - 1, at = placeOf(figure, chart.at);
    chart.keys = true;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: last }[event.key];
    if (to !== undefined) { event.preventDefault(); move(figure, to, event.shiftKey); }
    if (event.key === "Escape") clear(figure);
    if (event.key === "Enter") {
      const selected = figure.querySelector(".selected");
      if (!selected.hidden) { event.preventDefault(); selected.querySelector("button, a").focus(); }
    }
  }

  // --- a selected span of time: kept as evidence, or looked at more closely

  function select(figure, since, until, draw) {
    const box = figure.querySelector(".selected"), { u } = chartOf(figure);
    if (draw) u.setSelect({ left: u.valToPos(since, "x"), width: u.valToPos(until, "x") - u.valToPos(since, "x"), top: 0, height: u.over.clientHeight }, false);
    box.querySelector("[data-selected-text]").textContent = `${say.clock(since)} to ${say.clock(until)} (${say.span(until - since)})`;
    box.querySelectorAll("[data-since]").forEach((field) => { field.value = since.toFixed(3); });
    box.querySelectorAll("[data-until]").forEach((field) => { field.value = until.toFixed(3); });
    box.querySelectorAll("[data-address]").forEach((link) => {
      link.href = link.dataset.address.replace("{since}", since.toFixed(3)).replace("{until}", until.toFixed(3));
    });
    box.hidden = false;
  }

  function selectedByMouse(figure, u) {
    if (u.select.width < 4) return;
    select(figure, u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"), false);
  }

  function clear(figure) {
    const chart = chartOf(figure);
    chart.from = null;
    chart.u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    figure.querySelector(".selected").hidden = true;
  }

  // --- the same as a table, as it is at the moment it is asked for

  function table(figure, into) {
    const points = read(figure, "points"), lines = read(figure, "lines"), { unit } = figure.dataset;
    const made = document.createElement("table");
    const row = (parent, tag, cells) => {
      const line = parent.insertRow();
      cells.forEach((text, n) => {
        const cell = document.createElement(n === 0 || tag === "th" ? "th" : "td");
        if (cell.tagName === "TH") cell.scope = tag === "th" ? "col" : "row";
        cell.textContent = text;
        line.append(cell);
      });
    };
    made.createCaption().textContent = `${figure.dataset.label}, as of ${say.clock(points[0].at(-1) ?? 0)}`;
    row(made.createTHead(), "th", ["time", ...lines.map((line) => line.text)]);
    const body = made.createTBody();
    points[0].forEach((time, at) => row(body, "td", [say.clock(time), ...lines.map((_, n) => say.value(unit, points[n + 1][at]))]));
    into.replaceChildren(made);
  }

  // --- life: made once, kept up to date when the page's data changes, drawn anew in other colours and widths

  function make(figure) {
    const plot = figure.querySelector(".plot"), points = read(figure, "points");
    const slider = plot, chart = { slider, at: null, from: null, keys: false };
    charts.set(figure, chart);
    Object.entries({ tabindex: 0, role: "slider", "aria-label": `${figure.dataset.label}; arrow keys move, with Shift they select`, "aria-orientation": "horizontal", "aria-valuemin": 0 })
      .forEach(([name, value]) => slider.setAttribute(name, value));
    chart.u = new uPlot(settings(figure, plot), points, plot);
    limits(figure);
    slider.addEventListener("keydown", (event) => keys(figure, event));
    slider.addEventListener("focus", () => { if (slider.matches(":focus-visible")) { chart.keys = true; move(figure, placeOf(figure, chart.at), false); } });
    slider.addEventListener("blur", () => { chart.keys = false; });
    slider.addEventListener("mousedown", () => { chart.keys = false; }); // from here on the mouse leads
    figure.querySelector("[data-clear]")?.addEventListener("click", () => { clear(figure); slider.focus(); });
  }

  function limits(figure) {
    const { slider, at: time } = chartOf(figure), points = read(figure, "points"), at = placeOf(figure, time);
    slider.setAttribute("aria-valuemax", Math.max(0, points[0].length - 1));
    slider.setAttribute("aria-valuenow", at);
    slider.setAttribute("aria-valuetext", points[0].length ? told(figure, at) : "nothing measured yet");
  }

  function update(figure) {
    const chart = chartOf(figure);
    if (!chart) return make(figure);
    const points = read(figure, "points");
    if (points.length !== chart.u.series.length) return remake(figure);
    chart.u.batch(() => chart.u.setData(points)); // at once, so that what is placed below stands where the new points do
    if (chart.keys && points[0].length) cursorTo(figure, points[0][placeOf(figure, chart.at)]);
    else limits(figure);
    const box = figure.querySelector(".selected");
    if (!box.hidden) {
      const [since, until] = ["since", "until"].map((name) => Number(box.querySelector(`[data-${name}]`)?.value));
      if (since) chart.u.setSelect({ left: chart.u.valToPos(since, "x"), width: chart.u.valToPos(until, "x") - chart.u.valToPos(since, "x"), top: 0, height: chart.u.over.clientHeight }, false);
    }
  }

  function remake(figure) {
    const chart = chartOf(figure), plot = figure.querySelector(".plot");
    chart.u.destroy();
    chart.u = new uPlot(settings(figure, plot), read(figure, "points"), plot);
  }

  const width = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    const chart = chartOf(target.closest(".chart"));
    if (chart && target.clientWidth && Math.abs(chart.u.width - target.clientWidth) > 1) chart.u.setSize({ width: target.clientWidth, height: chart.u.height });
  }));

  function all() {
    document.querySelectorAll(".chart").forEach((figure) => {
      if (chartOf(figure)) return;
      make(figure);
      width.observe(figure.querySelector(".plot"));
    });
    for (const figure of charts.keys()) if (!figure.isConnected) { charts.get(figure).u.destroy(); charts.delete(figure); }
  }

  new MutationObserver((changes) => {
    const changed = new Set(changes.filter((one) => one.type === "attributes" && one.target.classList?.contains("chart")).map((one) => one.target));
    changed.forEach(update);
    if (changes.some((one) => one.type === "childList")) all();
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-points", "data-marks", "data-usual", "data-band"] });

  new MutationObserver(() => charts.forEach((_, figure) => remake(figure))).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

  document.addEventListener("toggle", (event) => {
    const into = event.target.open && event.target.querySelector?.("[data-table-of]");
    const figure = into ? document.getElementById(into.dataset.tableOf) : null;
    if (figure?.matches(".chart")) table(figure, into);
  }, true);

  all();
})();
