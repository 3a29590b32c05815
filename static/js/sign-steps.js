// The signing form one step at a time. Without this module the five sections are one long page that works as well.
// The browser's Back goes one step back; the focus goes to the step's heading; a step is left forwards only when complete.
const form = document.querySelector("[data-sign-form]");
if (form) {
  const steps = [...form.querySelectorAll("[data-step]")];
  const head = document.querySelector("[data-sign-head]");
  const submit = form.querySelector("[data-submit]");
  const submitWords = submit.textContent;
  let current = 0;

  const numberIn = (hash) => {
    const found = /^#step-(\d+)$/.exec(hash);
    return found ? Math.min(Math.max(Number(found[1]), 1), steps.length) : 1;
  };

  // The answers stay with the entry of the browser's history: whoever comes back from the page that asks for the code finds
  // them, also where the browser itself restores nothing.
  const ANSWERS = ["ticked", "channels", "consent", "method", "typed_name", "strokes"];
  const keepAnswers = () => {
    const answers = [...new FormData(form)].filter(([name]) => ANSWERS.includes(name));
    history.replaceState({ ...history.state, digest: form.elements.digest.value, answers }, "");
  };
  const restoreAnswers = () => {
    const { digest, answers } = history.state ?? {};
    if (!answers || digest !== form.elements.digest.value) return;
    const has = (name, value) => answers.some((answer) => answer[0] === name && answer[1] === value);
    for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) box.checked = has(box.name, box.value);
    for (const [name, value] of answers) if (["typed_name", "strokes"].includes(name)) form.elements[name].value = value;
    form.querySelector("[data-signature]").dataset.chosen = "";
  };

  // Problems of one step as pairs [words, field], as the server would find them.
  const problems = (step) => {
    const all = step.querySelector("[data-all-required]");
    if (all) {
      const open = [...all.querySelectorAll("input")].filter((input) => !input.checked);
      return open.length ? [[all.dataset.allRequired, open[0]]] : [];
    }
    const tick = step.querySelector("[data-required-tick]");
    if (tick) {
      const input = tick.querySelector("input");
      return input.checked ? [] : [[tick.dataset.requiredTick, input]];
    }
    if (step.querySelector("[data-signature]")) {
      const drawn = form.elements.method.value === "drawn";
      const part = step.querySelector(drawn ? "[data-pad]" : "[data-typed]");
      const value = drawn ? form.elements.strokes.value : form.elements.typed_name.value.trim();
      const field = drawn ? document.getElementById("method-drawn") : form.elements.typed_name;
      return value ? [] : [[part.dataset.wordsEmpty, field]];
    }
    return [];
  };

  const clearProblems = (step) => {
    step.querySelector("[data-step-errors]")?.remove();
    for (const marked of step.querySelectorAll("[data-marked]")) {
      marked.classList.remove("field-invalid");
      delete marked.dataset.marked;
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
    for (const [words, field] of found) {
      const link = document.createElement("a");
      link.href = `#${field.id}`;
      link.textContent = words;
      link.addEventListener("click", (event) => { event.preventDefault(); field.focus(); });
      list.append(document.createElement("li"));
      list.lastChild.append(link);
      const box = field.closest(".field");
      if (box && !box.classList.contains("field-invalid")) {
        box.classList.add("field-invalid");
        box.dataset.marked = "";
      }
    }
    summary.append(title, list);
    step.prepend(summary);
    summary.focus();
  };

  const show = (number, { focus = true } = {}) => {
    current = number;
    steps.forEach((step, index) => { step.hidden = index + 1 !== number; });
    head.hidden = number !== 1;
    const heading = document.getElementById(`step-${number}`);
    document.title = `${heading.textContent} (${number}/${steps.length}) – ${form.dataset.pageTitle}`;
    form.dispatchEvent(new CustomEvent("stepshown", { detail: steps[number - 1] }));
    if (!focus) return;
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  };

  const goTo = (number) => {
    history.pushState({ pushed: true, step: number }, "", `#step-${number}`);
    show(number);
  };

  form.addEventListener("click", (event) => {
    const step = steps[current - 1];
    if (!event.target.closest("[data-next]")) return;
    const found = problems(step);
    if (found.length) { showProblems(step, found); return; }
    clearProblems(step);
    goTo(current + 1);
  });

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
  });

  // Enter in a field of an earlier step would press the first submit button of the form, which is Decline.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=submit])")) return;
    event.preventDefault();
    if (current === steps.length) submit.click();
    else steps[current - 1].querySelector("[data-next]").click();
  });

  form.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-decline]")) return;
    if (submit.ariaDisabled === "true") { event.preventDefault(); return; }
    const number = steps.findIndex((step) => problems(step).length) + 1;
    if (number) {
      event.preventDefault();
      if (number !== current) goTo(number);
      showProblems(steps[number - 1], problems(steps[number - 1]));
      return;
    }
    keepAnswers();
    submit.ariaDisabled = "true";
    submit.textContent = form.dataset.sending;
  });
  window.addEventListener("pageshow", () => { submit.ariaDisabled = null; submit.textContent = submitWords; });
  window.addEventListener("popstate", () => show(history.state?.step ?? numberIn(location.hash)));

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
  if (!summary) restoreAnswers();
  const wrong = form.querySelector(".field-invalid")?.closest("[data-step]");
  // Back from the page that asks for the code: to the step that was left, with everything before it kept.
  const left = Number(form.dataset.start) || numberIn(location.hash);
  const start = wrong ? Number(wrong.dataset.step) : history.state?.step ?? left;
  // Not as #step-… in the address: while the page loads, the browser would take the focus from the error summary to it.
  history.replaceState({ ...history.state, step: start }, "");
  show(start, { focus: !summary && start !== 1 });
}
