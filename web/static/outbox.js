// Entries made on a poor line: kept in this browser until the service has answered each for good.
// One key per entry (Idempotency-Key), so that sending again never doubles.
const KEPT = "sochung", STORE = "entries", LISTS = "lists", ME = "sochung-me";
const OLD_MS = 6 * 3600e3, AGAIN_MS = 5e3, AGAIN_MOST_MS = 300e3;
const { body: { dataset: said }, documentElement: { lang } } = document;
const words = document.querySelector("[data-outbox]").dataset;

// Who works at this browser, and where it is told whom they may name. Pages say it; the one that works
// without a line is everybody's and goes by what they said last. After logging out it is nobody.
function whoWorks() {
  if (said.who) localStorage.setItem(ME, JSON.stringify({ who: said.who, lists: said.lists }));
  else if ("door" in said) localStorage.removeItem(ME);
  return JSON.parse(localStorage.getItem(ME)) || { who: "", lists: "" };
}

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
    const work = db.transaction(store, mode, { durability: "strict" });
    const asked = how(work.objectStore(store));
    work.oncomplete = () => done(asked.result);
    work.onabort = work.onerror = () => failed(work.error);
  });
}
const put = (entry) => kept(STORE, (s) => s.put(entry), "readwrite");
const drop = (key) => kept(STORE, (s) => s.delete(key), "readwrite");
const entries = async () =>
  (await kept(STORE, (s) => s.getAll())).sort((a, b) => a.at.localeCompare(b.at));

// --- one entry ------------------------------------------------------------------------------

// A day as people write it or as addresses have it; "" where there is none such.
function iso(text) {
  const spaced = text.trim().replace(/^(\d\d)(\d\d)(\d{4})$/, "$1/$2/$3");
  const found = spaced.match(/^(\d{1,2})([/. -])(\d{1,2})\2(\d{4})$/);
  const [year, month, day] = found ? [found[4], found[3], found[1]] : spaced.split("-");
  const written = [year, month?.padStart(2, "0"), day?.padStart(2, "0")].join("-");
  const meant = new Date(written + "T00:00Z");
  return isNaN(meant) || meant.toISOString().slice(0, 10) !== written ? "" : written;
}

// What a form asks for, as the API takes it: data-as says what is not text.
function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.dataset.as === "path" || field.value === "") continue;
    if (["checkbox", "radio"].includes(field.type) && !field.checked) continue;
    switch (field.dataset.as) {
      case "number": body[field.name] = Number(field.value.replace(/[^0-9]/g, "")); break;
      case "day": body[field.name] = iso(field.value); break;
      case "list": (body[field.name] ||= []).push(field.value); break;
      case "text": body[field.name] = field.value;
    }
  }
  return body;
}

async function keep(form) {
  const about = form.elements[form.dataset.about];
  const entry = {
    key: crypto.randomUUID(),
    who: me.who,
    at: new Date().toISOString(),
    url: form.dataset.post.replace(/\{(\w+)\}/g, (_, name) => form.elements[name].value),
    body: bodyOf(form),
    list: about?.dataset.fromList,
    about: about?.value,
    said: [form.dataset.said, about?.selectedOptions[0].text, form.elements.amount?.value,
      form.elements.occurred_on.value].filter(Boolean).join(" · "),
  };
  await put(entry);
  navigator.storage?.persist?.();
  return entry;
}

// --- sending --------------------------------------------------------------------------------

const LATER = new Set([0, 401, 408, 425, 429]);
const isLater = ({ status }) => LATER.has(status) || status >= 500;

// Status 0: no answer came. A telephone that thinks it has a line may have none.
let reached = true;
async function asked(url, how = {}) {
  const headers = { Accept: "application/json", "Accept-Language": lang, ...how.headers };
  const answer = await fetch(url, { ...how, headers }).catch(() => ({ ok: false, status: 0 }));
  reached = answer.status !== 0;
  return answer;
}

// Somebody else may have written the same meanwhile: each entry is held against the book once, before
// it is first sent. What looks like one that is there waits for a person. False: nobody answered.
async function compared(unseen) {
  const answer = me.lists && unseen.length ? await asked(me.lists) : { status: 404 };
  if (isLater(answer)) return false;
  const lists = answer.ok ? await answer.json() : {};
  for (const entry of unseen) {
    const there = lists[entry.list]?.find((one) => one.id === entry.about);
    entry.seen = true;
    if (there?.last === entry.body.occurred_on) entry.refused = words.twice;
    await put(entry);
  }
  return true;
}

// True once the service has answered for good: it is stored, or waits for a person.
async function sent(entry) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": entry.key };
  const answer = await asked(entry.url, { method: "POST", headers, body: JSON.stringify(entry.body) });
  if (isLater(answer)) return false;
  if (answer.ok) return drop(entry.key).then(() => true);
  const problem = await answer.json().catch(() => ({}));
  await put({ ...entry, refused: problem.detail || problem.title || String(answer.status) });
  return true;
}

// Only under the name of whoever made them: another may be logged in by now. True: nothing is left.
async function sentAll() {
  const mine = (await entries()).filter((one) => one.who === me.who && !one.refused);
  loggedOut = false;
  if (!mine.length) return true;
  const answer = await asked("/v1/me");
  loggedOut = answer.status === 401 || (answer.ok && (await answer.json()).person_id !== me.who);
  if (loggedOut || !answer.ok || !(await compared(mine.filter((one) => !one.seen)))) return false;
  for (const entry of mine) if (!entry.refused && !(await sent(entry))) return false;
  return true;
}

let loggedOut = false, again = 0, patience = AGAIN_MS;
const flush = () => navigator.locks.request("outbox", async () => {
  clearTimeout(again);
  const done = await sentAll();
  patience = done ? AGAIN_MS : Math.min(patience * 2, AGAIN_MOST_MS);
  if (!done && !loggedOut) again = setTimeout(flush, patience);
  await show();
});

// --- what people see ------------------------------------------------------------------------

async function show() {
  const waiting = await entries();
  const refused = waiting.some((one) => one.refused);
  const off = !navigator.onLine || !reached;
  const what = [refused ? words.refused : words.waiting, off && words.off, loggedOut && words.logIn];
  for (const line of document.querySelectorAll("[data-outbox]")) {
    line.hidden = false;
    line.dataset.state = refused ? "refused" : off ? "off" : waiting.length ? "waiting" : "clear";
    line.querySelector("[data-outbox-count]").textContent = waiting.length;
    line.querySelector("[data-outbox-said]").textContent = what.filter(Boolean).join(" · ");
  }
  for (const list of document.querySelectorAll("[data-outbox-list]"))
    list.replaceChildren(...waiting.map(shown));
  for (const left of document.querySelectorAll("[data-outbox-left]"))
    left.hidden = !waiting.some((one) => one.who === me.who);
}

// Somebody else's says that it is there, and no more.
function shown(entry) {
  const item = document.createElement("li"), state = document.createElement("strong");
  const mine = entry.who === me.who;
  state.textContent = mine ? entry.refused || words.waits : words.others;
  item.append(mine ? entry.said + " " : "", state);
  if (mine && entry.refused) item.append(" ",
    button(words.send, () => put({ ...entry, refused: "" })), " ",
    button(words.forget, () => drop(entry.key)));
  return item;
}

function button(text, does) {
  const made = Object.assign(document.createElement("button"), { textContent: text, className: "secondary" });
  made.onclick = () => does().then(flush);
  return made;
}

// --- whom one may name without a line -------------------------------------------------------

// Fetched while there is one, and not at every page: whose names are told is written down.
async function lists() {
  const mine = await kept(LISTS, (s) => s.get(me.who));
  const wanted = document.querySelector("[data-no-lists]") || !mine || Date.now() - mine.at > OLD_MS;
  if (!wanted || !me.lists || !navigator.onLine) return mine;
  const answer = await asked(me.lists);
  if (!answer.ok) return mine;
  const fresh = { ...(await answer.json()), who: me.who, at: Date.now() };
  await kept(LISTS, (s) => s.put(fresh), "readwrite");
  return fresh;
}

async function fill() {
  const known = me.who && (await lists());
  for (const note of document.querySelectorAll("[data-no-lists]")) note.hidden = Boolean(known);
  if (!known) return;
  for (const place of document.querySelectorAll("[data-from-list]")) {
    const rows = known[place.dataset.fromList] || [];
    if (place.tagName === "SELECT") {
      const mine = (row) => "me" in place.dataset && row.id === me.who;
      place.append(...rows.map((row) => new Option(row.name, row.id, mine(row), mine(row))));
    } else place.append(...rows.map((row) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", name: place.dataset.name, value: row.id });
      box.dataset.as = "list";
      label.append(box, " ", row.name);
      return label;
    }));
  }
  for (const place of document.querySelectorAll("[data-club]")) place.defaultValue = known.club;
  const forms = [...document.querySelectorAll("[data-of]")].filter((one) => known[one.dataset.of]);
  forms.forEach((one, n) => { one.hidden = false; one.open = n === 0; });
}

document.addEventListener("change", ({ target }) => {
  if (target.dataset.as === "day") target.setCustomValidity(iso(target.value) ? "" : words.noDay);
});
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.post) return;
  event.preventDefault();
  const entry = await keep(form);
  form.reset();
  await flush();
  const left = (await entries()).find((one) => one.key === entry.key);
  document.querySelector("[data-outbox-told]").textContent =
    !left ? words.stored : left.refused || words.saved;
});

// The business day here, whatever the clock of the telephone calls its zone.
function dates() {
  const today = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10).split("-").reverse().join("/");
  for (const place of document.querySelectorAll("[data-today]")) place.defaultValue = today;
}

let me = { who: "", lists: "" };
// Browsers keep nothing for a page that came over a bare line from another machine.
if (isSecureContext && navigator.serviceWorker) {
  me = whoWorks();
  if (!me.who) kept(LISTS, (s) => s.clear(), "readwrite");
  dates();
  fill();
  flush();
  addEventListener("online", flush);
  addEventListener("offline", show);
  document.addEventListener("visibilitychange", () => { dates(); flush(); });
  navigator.serviceWorker.register("/sw.js");
} else for (const note of document.querySelectorAll("[data-no-keeping]")) note.hidden = false;
