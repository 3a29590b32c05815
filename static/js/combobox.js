// Turns <select data-combobox> into a text box with a list that is searched without accents: the WAI-ARIA combobox pattern
// with list autocomplete. The select stays in the form (hidden) and keeps the value; without scripts it is what is used.
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();

function enhance(select) {
  const options = [...select.options].filter((option) => option.value).map((option) => ({ value: option.value, label: option.label, key: fold(option.label) }));
  const id = select.id;
  const box = document.createElement("div");
  box.className = "combobox";
  const input = document.createElement("input");
  const list = document.createElement("ul");
  const status = document.createElement("div");
  select.before(box);
  box.append(input, list, status, select);
  select.id = `${id}-select`;
  select.hidden = true;
  select.required = false;
  Object.assign(input, { id, type: "text", autocomplete: "off", spellcheck: false, placeholder: "" });
  Object.assign(list, { id: `${id}-list`, className: "combobox-list", hidden: true });
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", document.querySelector(`label[for="${CSS.escape(id)}"]`)?.textContent.trim() ?? "");
  const hint = document.createElement("div");
  Object.assign(hint, { id: `${id}-hint`, className: "field-help", textContent: select.dataset.hint });
  box.before(hint);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(name, value);
  input.setAttribute("aria-describedby", [select.getAttribute("aria-describedby"), hint.id].filter(Boolean).join(" "));
  if (select.getAttribute("aria-invalid")) input.setAttribute("aria-invalid", "true");
  if (select.value) input.value = select.selectedOptions[0].label;

  let shown = [];
  let active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (option) => {
    select.value = option.value;
    input.value = option.label;
    close();
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, position) => item.setAttribute("aria-selected", String(position === index)));
    const item = list.children[index];
    if (!item) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  };
  const open = (text) => {
    const words = fold(text).split(" ");
    shown = options.filter((option) => words.every((word) => option.key.includes(word)));
    list.replaceChildren(...shown.map((option, position) => {
      const item = document.createElement("li");
      item.id = `${id}-option-${position}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = option.label;
      item.addEventListener("pointerdown", (event) => event.preventDefault());
      item.addEventListener("click", () => choose(option));
      return item;
    }));
    list.hidden = shown.length === 0;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    status.textContent = shown.length ? `${shown.length} ${select.dataset.found}` : select.dataset.none;
    status.classList.toggle("visually-hidden", shown.length > 0);
    mark(-1);
  };

  input.addEventListener("input", () => { select.value = ""; open(input.value); });
  input.addEventListener("click", () => (list.hidden ? open(select.value ? "" : input.value) : close()));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open(select.value ? "" : input.value);
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (shown.length) mark((active + step + shown.length + (active < 0 && step < 0 ? 1 : 0)) % shown.length);
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      choose(shown[active]);
    } else if (event.key === "Escape") {
      if (!list.hidden) event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", () => {
    // What was typed in full, with or without accents, or what only one entry fits, is meant.
    if (!select.value && input.value.trim()) {
      const key = fold(input.value);
      const exact = options.filter((option) => option.key === key || option.key.replace(/^(xa|phuong) /, "") === key);
      const fitting = exact.length === 1 ? exact : shown;
      if (fitting.length === 1) choose(fitting[0]);
    }
    close();
  });
}

for (const select of document.querySelectorAll("select[data-combobox]")) enhance(select);
