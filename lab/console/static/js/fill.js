// Examples that fill a field.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  const field = document.getElementById(button.dataset.fill);
  field.value = button.dataset.text;
  (document.getElementById(button.dataset.then) || field).focus();
});
