// How figures are said, as lab/core/words.py says them; and the colours charts are drawn with.
window.say = (() => {
  const gap = (number) => Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const units = {
    count: gap,
    rate: (value) => `${value.toFixed(1)}/s`,
    ms: (value) => (value > 0 && value < 0.5 ? "<1 ms" : value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${Math.round(value)} ms`),
    share: (value) => `${value === 0 || value >= 0.1 ? Math.round(value * 100) : (value * 100).toFixed(1)} %`,
  };
  const two = (number) => String(number).padStart(2, "0");
  // by the lab's clock, as everything else on the page: a browser may be in another zone, a container mostly is
  const ahead = Number(document.documentElement.dataset.utcOffsetS);
  const clock = (unix) => {
    const at = new Date((unix + ahead) * 1000);
    return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  };
  const span = (seconds) => {
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  };
  const value = (unit, number) => (number === null || number === undefined ? "–" : units[unit](number));
  // axes: fewer digits, no trailing units where they would repeat
  const tick = (unit, number) => {
    if (unit === "share") return `${+(number * 100).toFixed(1)} %`;
    if (unit === "ms") return number >= 1000 ? `${+(number / 1000).toFixed(1)} s` : `${+number.toFixed(1)} ms`;
    return number >= 1000 ? `${+(number / 1000).toFixed(1)}k` : `${+number.toFixed(1)}`;
  };
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return { value, clock, span, tick, ink };
})();
