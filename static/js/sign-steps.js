// The signing form one step at a time. Without this module the five sections are one long page that works as well.
// The browser's Back goes one step back; the focus goes to the step's heading; a step is left forwards only when complete.
// Of what was typed nothing goes into the browser's history, which outlives a log-out: drafts.js keeps it.
const form = document.querySelector("[data-sign-form]");
if (form) {
  const steps = [...form.querySelectorAll("[data-step]")];
  const head = document.querySelector("[data-sign-head]");
  const submit = form.querySelector("[data-submit]");
  const submitWords = submit.textContent;
  const tooYoung = form.querySelector("[data-too-young]");
  let current = 0;

  const numberIn = (hash) => {
    const found = /^#step-(\d+)$/.exec(hash);
    return found ? Math.min(Math.max(Number(found[1]), 1), steps.length) : null;
  };

  // Problems of one step as pairs [words, fields], as the server would find them.
  const problems = (step) => {
    const choice = step.querySelector("[data-required-choice]");
    if (choice) {
      const radios = [...choice.querySelectorAll("input")];
      return radios.some((radio) => radio.checked) ? [] : [[choice.dataset.requiredChoice, radios]];
    }
    const all = step.querySelector("[data-all-required]");
    if (all) {
      const open = [...all.querySelectorAll("input")].filter((input) => !input.checked);
      return open.length ? [[all.dataset.allRequired, open]] : [];
    }
    const few = step.querySelector("[data-most]");
    if (few) {
      const chosen = [...few.querySelectorAll("input:checked")];
      return chosen.length > Number(few.dataset.most) ? [[few.dataset.wordsMost, chosen]] : [];
    }
    const tick = step.querySelector("[data-required-tick]");
    if (tick) {
      const input = tick.querySelector("input");
      return input.checked ? [] : [[tick.dataset.requiredTick, [input]]];
    }
    if (step.querySelector("[data-signature]")) {
      const drawn = form.elements.method.value === "drawn";
      const part = step.querySelector(drawn ? "[data-pad]" : "[data-typed]");
      const value = drawn ? form.elements.strokes.value : form.elements.typed_name.value.trim();
      const field = drawn ? document.getElementById("method-drawn") : form.elements.typed_name;
      return value ? [] : [[part.dataset.wordsEmpty, [field]]];
    }
    return [];
  };
  const saysTooYoung = () => form.elements.of_age.value === "no";

  const clearProblems = (step) => {
    step.querySelector("[data-step-errors]")?.remove();
    for (const said of step.querySelectorAll("[data-said]")) said.remove();
    for (const input of step.querySelectorAll("[data-marked]")) {
      input.removeAttribute("aria-invalid");
      if (input.dataset.marked) input.setAttribute("aria-describedby", input.dataset.marked);
      else input.removeAttribute("aria-describedby");
      delete input.dataset.marked;
    }
    for (const box of step.querySelectorAll(".field-invalid")) box.classList.remove("field-invalid");
    for (const list of step.querySelectorAll(".errorlist")) list.remove();
    titled();
  };

  // At the field: the words, the red edge, and for those who hear the page the tie between field and words.
  const mark = (words, fields) => {
    const box = fields[0].closest(".field");
    const said = document.createElement("ul");
    said.className = "errorlist";
    said.id = `${fields[0].name}-said`;
    said.dataset.said = "";
    said.append(document.createElement("li"));
    said.firstChild.textContent = words;
    const inner = box.querySelector("fieldset > .choice, .choice, input");
    inner.before(said);
    box.classList.add("field-invalid");
    for (const field of fields) {
      field.dataset.marked = field.getAttribute("aria-describedby") ?? "";
      field.setAttribute("aria-describedby", `${said.id} ${field.dataset.marked}`.trim());
      field.setAttribute("aria-invalid", "true");
    }
  };

  const showProblems = (step, found) => {
    clearProblems(step);
    const summary = document.createElement("div");
    summary.className = "error-summary";
    summary.tabIndex = -1;
    summary.dataset.stepErrors = "";
    summary.setAttribute("role", "alert");
    const title = document.createElement("h3");
    title.textContent = form.dataset.checkTitle;
    const list = document.createElement("ul");
    for (const [words, fields] of found) {
      const link = document.createElement("a");
      link.href = `#${fields[0].id}`;
      link.textContent = words;
      link.addEventListener("click", (event) => { event.preventDefault(); fields[0].focus(); });
      list.append(document.createElement("li"));
      list.lastChild.append(link);
      mark(words, fields);
    }
    summary.append(title, list);
    step.prepend(summary);
    titled();
    summary.focus();
  };

  const titled = () => {
    const heading = document.getElementById(`step-${current}`);
    const wrong = steps[current - 1].querySelector("[data-step-errors], .field-invalid") ? `${form.dataset.errorWord} ` : "";
    document.title = `${wrong}${heading.textContent} (${current}/${steps.length + 1}) – ${form.dataset.pageTitle}`;
  };

  const show = (number, { focus = true } = {}) => {
    current = number;
    steps.forEach((step, index) => { step.hidden = index + 1 !== number; });
    head.hidden = number !== 1;
    titled();
    form.dispatchEvent(new CustomEvent("stepshown", { detail: steps[number - 1] }));
    if (!focus) return;
    document.getElementById(`step-${number}`).focus({ preventScroll: true });
    window.scrollTo(0, 0);
  };

  const goTo = (number) => {
    history.pushState({ pushed: true, step: number }, "", `#step-${number}`);
    show(number);
  };

  const goOn = () => {
    const step = steps[current - 1];
    const found = problems(step);
    if (found.length) { showProblems(step, found); return; }
    clearProblems(step);
    if (current === 1 && saysTooYoung()) {
      tooYoung.hidden = false;
      tooYoung.focus();
      return;
    }
    goTo(current + 1);
  };
  form.addEventListener("click", (event) => { if (event.target.closest("[data-next]")) goOn(); });

  // The way back above the title leads to the text only from the first step.
  document.querySelector(".back-link")?.addEventListener("click", (event) => {
    if (current === 1) return;
    event.preventDefault();
    if (history.state?.pushed) history.back();
    else { history.replaceState({ step: current - 1 }, "", `#step-${current - 1}`); show(current - 1); }
  });

  form.addEventListener("change", () => {
    const step = steps[current - 1];
    if (step.querySelector("[data-step-errors]") && !problems(step).length) clearProblems(step);
    if (!saysTooYoung()) tooYoung.hidden = true;
  });

  // Enter in a field goes on: to the next step, at the last one to the check.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=submit])")) return;
    event.preventDefault();
    if (current === steps.length) submit.click();
    else goOn();
  });

  form.addEventListener("submit", (event) => {
    if (submit.ariaDisabled === "true") { event.preventDefault(); return; }
    const number = steps.findIndex((step) => problems(step).length) + 1;
    if (number || saysTooYoung()) {
      event.preventDefault();
      const target = number || 1;
      if (target !== current) goTo(target);
      if (number) showProblems(steps[number - 1], problems(steps[number - 1]));
      else goOn();
      return;
    }
    submit.ariaDisabled = "true";
    submit.textContent = form.dataset.sending;
  });
  window.addEventListener("pageshow", () => { submit.ariaDisabled = null; submit.textContent = submitWords; });
  window.addEventListener("popstate", () => show(history.state?.step ?? numberIn(location.hash) ?? 1));

  // The server's error summary links to fields in any step: show the step before error-summary.js moves the focus.
  const summary = document.querySelector("[data-error-summary]");
  summary?.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const step = link && document.getElementById(link.hash.slice(1))?.closest("[data-step]");
    if (step && Number(step.dataset.step) !== current) goTo(Number(step.dataset.step));
  }, { capture: true });

  form.classList.add("sign-stepped");
  for (const step of steps) {
    const heading = step.querySelector("h2");
    // The first step stands under the page's own title.
    if (step !== steps[0]) heading.setAttribute("aria-level", "1");
    for (const part of step.querySelectorAll("[data-step-actions]")) part.hidden = false;
  }
  const wrong = form.querySelector(".field-invalid")?.closest("[data-step]");
  const asked = history.state?.step ?? numberIn(location.hash);
  const start = wrong ? Number(wrong.dataset.step) : asked ?? 1;
  // Not as #step-… in the address: while the page loads, the browser would take the focus from the error summary to it.
  history.replaceState({ step: start }, "", asked && !wrong ? undefined : location.pathname + location.search);
  show(start, { focus: !summary && start !== 1 });

  // Back at the step that was left, unless the address or the browser's history names one.
  form.addEventListener("answersrestored", (event) => {
    const { step } = event.detail;
    if (step === 1) { history.replaceState({ step: 1 }, "", location.pathname + location.search); show(1); return; }
    if (asked || step === current) return;
    history.replaceState({ step }, "", `#step-${step}`);
    show(Math.min(Math.max(step, 1), steps.length));
  });
}
