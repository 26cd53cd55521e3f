// A term is explained where it stands: in a box over the page, which Escape closes. Elsewhere the link is a link.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a.term, .term-box a[href*='/glossary/']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const box = document.getElementById("term-box");
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(answer.status);
    box.querySelector("[data-term-text]").innerHTML = await answer.text(); // written by our own template, which escapes
    if (!box.open) box.showModal();
  } catch {
    location.href = link.href;
  }
});
document.getElementById("term-box")?.addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close();
});
