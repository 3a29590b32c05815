// Nothing typed is lost: what is ticked, chosen, typed and drawn in the signing form is kept in this browser until it is signed,
// declined or logged out, at most a day. It is encrypted with a key of the account, which only that account's pages carry: the
// next one who uses this browser can neither see nor read it. Without scripts, storage or a secure context there are no drafts.
const PREFIX = "kolportal-draft:";
const FIELDS = ["ticked", "channels", "consent", "of_age", "method", "typed_name", "strokes"];
const TICKS = ["ticked", "consent", "of_age"];
const form = document.querySelector("[data-sign-form]");

const toBase64 = (buffer) => {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
};
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const storage = () => {
  try { return window.localStorage; } catch { return null; }
};

const keep = async (store) => {
  const { draftName, draftKey, draftLife: life, draftBound: bound, draftLanguage: language } = form.dataset;
  const name = PREFIX + draftName;
  const additionalData = new TextEncoder().encode(name);
  const key = await crypto.subtle.importKey("raw", fromBase64(draftKey), "AES-GCM", false, ["encrypt", "decrypt"]);
  let [ended, saving, again] = [false, false, false];

  const answers = () => [...new FormData(form)].filter(([field, value]) => FIELDS.includes(field) && value && !(field === "of_age" && value === "no"));
  const step = () => Number(form.querySelector("[data-step]:not([hidden])")?.dataset.step ?? 1);

  // One at a time; what changes meanwhile is saved right after.
  const save = async () => {
    if (saving) { again = true; return; }
    saving = true;
    do {
      again = false;
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const plain = new TextEncoder().encode(JSON.stringify({ life, bound, language, step: step(), answers: answers() }));
      const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain);
      if (ended) break;
      try {
        store.setItem(name, JSON.stringify({ at: Date.now(), iv: toBase64(iv), data: toBase64(data) }));
      } catch {
        ended = true; // the storage is full or closed: the form works without
      }
    } while (again && !ended);
    saving = false;
  };

  const read = async () => {
    const kept = store.getItem(name);
    if (!kept) return null;
    try {
      const { iv, data } = JSON.parse(kept);
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: fromBase64(iv), additionalData }, key, fromBase64(data));
      const draft = JSON.parse(new TextDecoder().decode(plain));
      if (draft.life === life) return draft;
    } catch {
      // Another key: the site's own secret was changed meanwhile.
    }
    store.removeItem(name);
    return null;
  };

  const say = (words) => {
    const place = document.querySelector("[data-draft-said]");
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.textContent = words;
    place.replaceChildren(notice);
  };

  const restore = (draft) => {
    const isVoid = draft.bound !== bound;
    const kept = draft.answers.filter(([field]) => !(isVoid && TICKS.includes(field)));
    const has = (box) => kept.some(([field, value]) => field === box.name && (value === box.value || field === "consent"));
    for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) {
      if (FIELDS.includes(box.name) && (box.type === "checkbox" || kept.some(([field]) => field === box.name))) box.checked = has(box);
    }
    for (const [field, value] of kept) if (field === "typed_name" || field === "strokes") form.elements[field].value = value;
    form.querySelector("[data-signature]").dataset.chosen = "";
    const ticked = draft.answers.some(([field]) => TICKS.includes(field));
    const words = form.dataset;
    if (isVoid && ticked) say(words.wordsVoid);
    else if (ticked && draft.language !== language) say(words.wordsRestoredLanguage);
    else if (draft.answers.some(([field]) => field !== "method")) say(words.wordsRestored);
    form.dispatchEvent(new CustomEvent("answersrestored", { detail: { step: isVoid ? 1 : draft.step } }));
  };

  document.addEventListener("draftended", (event) => { ended ||= event.detail === name; });
  // Signed, declined or logged out in another tab.
  window.addEventListener("storage", (event) => { ended ||= event.key === name && event.newValue === null; });

  const draft = "answered" in form.dataset ? null : await read();
  if (draft) restore(draft);
  else if ("answered" in form.dataset) save();
  for (const kind of ["input", "change", "stepshown"]) form.addEventListener(kind, save);
};

if (form?.dataset.draftKey && window.crypto?.subtle) {
  const store = storage();
  const key = form.dataset.draftKey;
  if (store && key) keep(store).finally(() => { delete form.dataset.draftKey; });
}
