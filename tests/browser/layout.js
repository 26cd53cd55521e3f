// What a reader would call broken: text that is too small, cut off, over other text, or beside the screen.
() => {
  const complaints = [];
  const name = (one) => `${one.tagName.toLowerCase()}${one.id ? "#" + one.id : ""}${typeof one.className === "string" && one.className ? "." + one.className.trim().split(/\s+/).join(".") : ""}`;
  const told = (text) => JSON.stringify(text.trim().replace(/\s+/g, " ").slice(0, 50));
  const aside = (one) => one.closest(".unseen, .skip, .toasts, dialog:not([open]), [hidden], .tool span, .stackable thead, .waterfall thead");

  if (document.documentElement.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".wide"));
    complaints.push(`the page scrolls sideways: ${wide.slice(0, 3).map(name).join(", ")}`);
  }

  const pieces = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement, text = node.textContent.trim();
    if (!text || aside(parent) || ["SCRIPT", "STYLE", "OPTION", "TEXTAREA"].includes(parent.tagName)) continue;
    const style = getComputedStyle(parent);
    if (style.visibility === "hidden" || style.display === "none" || !parent.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const frames = [];
    for (let box = parent; box && box !== document.body; box = box.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(box).overflowY + getComputedStyle(box).overflowX)) frames.push(box.getBoundingClientRect());
    }
    // what is scrolled out of sight in a box of its own does not lie over anything
    const inSight = (rect) => frames.every((frame) => rect.top >= frame.top - 1 && rect.bottom <= frame.bottom + 1 && rect.left >= frame.left - 1 && rect.right <= frame.right + 1);
    const rects = [...range.getClientRects()].filter((rect) => rect.width > 1 && rect.height > 1 && inSight(rect));
    if (!rects.length) continue;
    let size = parseFloat(style.fontSize);
    const svg = parent.closest("svg");
    if (svg?.viewBox.baseVal?.width) size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    if (size < 13.95) complaints.push(`text of ${size.toFixed(1)} px in ${name(parent)}: ${told(text)}`);
    rects.forEach((rect) => pieces.push({ rect, parent, text }));
    for (let box = parent; box && box !== document.body; box = box.parentElement) {
      const around = getComputedStyle(box);
      if (!/hidden|clip/.test(around.overflowX + around.overflowY) || box.closest(".result")) continue;
      const frame = box.getBoundingClientRect();
      if (rects.some((rect) => rect.right > frame.right + 2 || rect.left < frame.left - 2 || rect.bottom > frame.bottom + 3 || rect.top < frame.top - 3)) {
        complaints.push(`cut off in ${name(box)}: ${told(text)}`);
        break;
      }
    }
  }

  // texts over each other; a line's box is taller than its letters, so a little of both ends may meet
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > Math.min(a.height, b.height) * 0.35;
  pieces.sort((a, b) => a.rect.top - b.rect.top);
  for (let first = 0; first < pieces.length; first++) {
    for (let second = first + 1; second < pieces.length && pieces[second].rect.top < pieces[first].rect.bottom; second++) {
      const [a, b] = [pieces[first], pieces[second]];
      if (a.parent !== b.parent && meet(a.rect, b.rect)) complaints.push(`${told(a.text)} in ${name(a.parent)} lies over ${told(b.text)} in ${name(b.parent)}`);
    }
  }

  // things to press: large enough for a finger, and not over each other
  const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((one) => one.checkVisibility() && !aside(one));
  const boxes = stops.map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
  for (const [one, box] of boxes) {
    const inline = getComputedStyle(one).display === "inline" || one.closest("svg");
    if (!inline && Math.min(box.width, box.height) < 23.5 && !["radio", "checkbox"].includes(one.type)) complaints.push(`${name(one)} is ${box.width.toFixed(0)} by ${box.height.toFixed(0)}: too small to press`);
    if (box.right > innerWidth + 1 && !one.closest(".wide")) complaints.push(`${name(one)} reaches beyond the screen`);
  }
  return [...new Set(complaints)];
}
