// Checks a receipt (C2SP tlog-proof) in this browser, as RFC 9162 section 2.1.3.2 has it: the entry
// is hashed here and carried up to the root that the signed head names. Nothing is asked of a server.
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

async function hashed(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

async function check(text) {
  const [head, checkpoint] = [text.slice(0, text.indexOf("\n\n")), text.slice(text.indexOf("\n\n") + 2)];
  const [first, extra, index, ...path] = head.split("\n");
  if (first !== "c2sp.org/tlog-proof@v1" || !extra.startsWith("extra ")) throw "form";
  const entry = bytes(extra.slice(6));
  const [, size, root] = checkpoint.split("\n");
  let at = BigInt(index.slice(6)), last = BigInt(size) - 1n;
  let hash = await hashed([0], entry);
  for (const line of path) {
    if (last === 0n) throw "long";
    const piece = bytes(line);
    if (at & 1n || at === last) {
      hash = await hashed([1], piece, hash);
      while (!(at & 1n) && at) { at >>= 1n; last >>= 1n; }
    } else hash = await hashed([1], hash, piece);
    at >>= 1n; last >>= 1n;
  }
  if (last !== 0n || !same(hash, bytes(root))) throw "root";
  return new TextDecoder().decode(entry);
}

for (const place of document.querySelectorAll("[data-proof]")) {
  const said = place.querySelector("[data-proof-said]");
  check(place.querySelector("[data-proof-text]").textContent.trim() + "\n")
    .then((entry) => {
      if (!entry.includes(place.dataset.proof)) throw "other";
      said.textContent = said.dataset.holds; place.dataset.state = "holds";
    })
    .catch(() => { said.textContent = said.dataset.fails; place.dataset.state = "fails"; });
}
