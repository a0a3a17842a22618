// Adds up what is typed while it is typed; the service adds up again when the sheet is sent.
const shown = (amount) => amount.toString().replace(/\B(?=(\d{3})+$)/g, ".") + "\u00a0₫";
const typed = (field) => Number(field.value.replace(/[^0-9]/g, "")) || 0;
// "Paid as expected" counts for nothing beside an amount that was written.
const worth = (field) => {
  const written = [...field.closest(".money").querySelectorAll("input[inputmode]")].some((one) => one.value);
  return field.checked && !written ? Number(field.dataset.worth) : 0;
};

function total(form) {
  for (const place of form.querySelectorAll("[data-total]")) {
    let sum = 0;
    for (const name of place.dataset.total.split(" "))
      for (const field of form.querySelectorAll(`[data-sum="${name}"]`))
        sum += field.dataset.worth ? worth(field) : typed(field) * Number(field.dataset.times || 1);
    place.textContent = shown(sum);
  }
  for (const place of form.querySelectorAll("[data-count]"))
    place.textContent = form.querySelectorAll(`[data-counted="${place.dataset.count}"]:checked`).length;
}

for (const form of document.querySelectorAll("form[data-adds]")) {
  form.addEventListener("input", () => total(form));
  form.addEventListener("reset", () => setTimeout(() => total(form)));
  total(form);
}

// Big keys for an amount; each writes what it says, the last takes one away.
for (const pad of document.querySelectorAll("[data-keys]")) {
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("button")?.dataset.key;
    const field = document.getElementById(pad.dataset.keys);
    if (key === undefined) return;
    const digits = field.value.replace(/[^0-9]/g, "");
    const now = key === "back" ? digits.slice(0, -1) : digits + key;
    field.value = now && now.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ".");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// Keys for numbers alone have no stroke: eight digits are a day.
document.addEventListener("change", ({ target }) => {
  if (target.matches(".day")) target.value = target.value.replace(/^(\d\d)(\d\d)(\d{4})$/, "$1/$2/$3");
});
