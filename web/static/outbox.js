// Entries made on a poor line: kept in this browser until the service has answered each for good.
// One key per entry (Idempotency-Key), so that sending again never doubles.
const KEPT = "sochung", STORE = "entries", LISTS = "lists";
const who = document.body.dataset.who || "";
const words = document.querySelector("[data-outbox-words]")?.dataset || {};

const opened = new Promise((done, failed) => {
  const asked = indexedDB.open(KEPT, 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.result.createObjectStore(LISTS, { keyPath: "who" });
  };
  asked.onsuccess = () => done(asked.result);
  asked.onerror = () => failed(asked.error);
});

async function kept(store, how, mode = "readonly") {
  const db = await opened;
  return new Promise((done, failed) => {
    const work = db.transaction(store, mode);
    const asked = how(work.objectStore(store));
    work.oncomplete = () => done(asked.result);
    work.onerror = () => failed(work.error);
  });
}
const put = (entry) => kept(STORE, (s) => s.put(entry), "readwrite");
const drop = (key) => kept(STORE, (s) => s.delete(key), "readwrite");
const entries = async () =>
  (await kept(STORE, (s) => s.getAll())).sort((a, b) => a.at.localeCompare(b.at));

// What a form asks for, as the API takes it: data-as says what is not text.
function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.dataset.as === "path" || field.disabled) continue;
    if (["checkbox", "radio"].includes(field.type) && !field.checked) continue;
    if (field.value === "") continue;
    const digits = () => Number(field.value.replace(/[^0-9]/g, ""));
    switch (field.dataset.as) {
      case "number": body[field.name] = digits(); break;
      case "truth": body[field.name] = true; break;
      case "list": (body[field.name] ||= []).push(field.value); break;
      case "text": body[field.name] = field.value;
    }
  }
  return body;
}

async function keep(form) {
  const named = (name) => form.elements[name].value;
  const label = (name) => {
    const field = form.elements[name];
    return field?.selectedOptions?.[0]?.text || field?.dataset?.label || "";
  };
  const entry = {
    key: crypto.randomUUID(),
    who,
    at: new Date().toISOString(),
    url: form.dataset.post.replace(/\{(\w+)\}/g, (_, name) => named(name)),
    body: bodyOf(form),
    said: [form.dataset.said, label(form.dataset.about), form.elements.amount?.value]
      .filter(Boolean).join(" · "),
  };
  await put(entry);
  return entry;
}

// True once the entry needs nothing more: stored, or waiting for a person.
async function send(entry) {
  let answer;
  try {
    answer = await fetch(entry.url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json", "Idempotency-Key": entry.key,
        "Accept-Language": document.documentElement.lang,
      },
      body: JSON.stringify(entry.body),
    });
  } catch { return false; }
  if (answer.ok) {
    await drop(entry.key);
    return (entry.told = await answer.json());
  }
  if (answer.status === 401 || answer.status === 408 || answer.status === 429 || answer.status >= 500)
    return false;
  const problem = await answer.json().catch(() => ({}));
  await put({ ...entry, refused: problem.detail || problem.title || String(answer.status) });
  return true;
}

const flush = () => navigator.locks.request("outbox", async () => {
  for (const entry of await entries())
    if (entry.who === who && !entry.refused && !(await send(entry))) break;
  await show();
});

async function show() {
  const waiting = await entries();
  const refused = waiting.filter((one) => one.refused).length;
  for (const line of document.querySelectorAll("[data-outbox]")) {
    const off = !navigator.onLine;
    line.dataset.state = refused ? "refused" : off ? "off" : waiting.length ? "waiting" : "clear";
    line.querySelector("[data-outbox-count]").textContent = waiting.length;
    line.querySelector("[data-outbox-said]").textContent =
      (off ? words.off + " · " : "") + (refused ? words.refused : waiting.length ? words.waiting : words.clear);
  }
  for (const list of document.querySelectorAll("[data-outbox-list]")) {
    list.replaceChildren(...waiting.map((entry) => {
      const item = document.createElement("li");
      item.append(entry.said || entry.url, " ");
      const state = document.createElement("strong");
      state.textContent = entry.refused || (entry.who === who ? words.waits : words.others);
      item.append(state);
      if (entry.refused && entry.who === who) {
        const button = document.createElement("button");
        button.textContent = words.forget;
        button.onclick = async () => { await drop(entry.key); await show(); };
        item.append(" ", button);
      }
      return item;
    }));
  }
}

// Whom one may name without a line: fetched while there is one.
async function lists() {
  const mine = await kept(LISTS, (s) => s.get(who)).catch(() => undefined);
  if (who && navigator.onLine && document.body.dataset.lists) {
    const answer = await fetch(document.body.dataset.lists).catch(() => null);
    if (answer?.ok) {
      const fresh = { who, ...(await answer.json()) };
      await kept(LISTS, (s) => s.put(fresh), "readwrite");
      return fresh;
    }
  }
  return mine;
}

async function fill() {
  const known = await lists();
  if (!known) return;
  for (const place of document.querySelectorAll("[data-from-list]")) {
    const rows = known[place.dataset.fromList] || [];
    if (place.tagName === "SELECT")
      place.append(...rows.map((row) => new Option(row.name, row.id)));
    else place.append(...rows.map((row) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", name: place.dataset.name, value: row.id });
      box.dataset.as = "list";
      label.append(box, " ", row.name);
      return label;
    }));
  }
  for (const place of document.querySelectorAll("[data-club]")) place.defaultValue = known.club;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.post) return;
  event.preventDefault();
  const entry = await keep(form);
  form.reset();
  await flush();
  const left = (await entries()).find((one) => one.key === entry.key);
  const said = form.querySelector("[data-outbox-told]") || document.querySelector("[data-outbox-told]");
  if (said) said.textContent = !left ? words.stored : left.refused || words.saved;
  if (!left && form.dataset.next && navigator.onLine) location.assign(form.dataset.next);
});
for (const place of document.querySelectorAll("[data-me]")) place.defaultValue = who;
// The business day here, whatever the clock of the telephone calls its zone.
const today = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);
for (const place of document.querySelectorAll("[data-today]")) place.defaultValue = place.max = today;
addEventListener("online", flush);
addEventListener("offline", show);
fill();
flush();
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js");
