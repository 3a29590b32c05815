// The signature: drawn on a canvas (signature_pad) or typed. What is drawn is kept as strokes, in the size of the paper
// when the drawing began, so that rotating the phone or resizing the window only draws it again at another scale.
const root = document.querySelector("[data-signature]");
const INK = "#1D3F8F";

const start = async () => {
  const form = root.closest("form");
  const paper = root.querySelector("[data-pad]");
  const canvas = paper.querySelector("canvas");
  const typed = root.querySelector("[data-typed]");
  const field = root.querySelector("[data-strokes]");
  const status = root.querySelector("[data-pad-status]");
  const { default: SignaturePad } = await import(root.dataset.module);
  const pad = new SignaturePad(canvas, { penColor: INK, minWidth: 1, maxWidth: 2.6 });
  let width = 0;

  const keep = () => {
    // Coordinates only: the rhythm of the hand is nobody's business.
    const strokes = pad.toData().map((stroke) => ({ points: stroke.points.map(({ x, y }) => ({ x: +x.toFixed(1), y: +y.toFixed(1) })) }));
    field.value = strokes.length ? JSON.stringify(strokes) : "";
    status.textContent = strokes.length ? `${status.dataset.drawn}${strokes.length}` : "";
  };
  // A hidden field tells nobody that it changed: the form takes its error message away by this.
  const keepDrawn = () => { keep(); field.dispatchEvent(new Event("change", { bubbles: true })); };

  const draw = (strokes, scale) => {
    const scaled = strokes.map((stroke) => ({ ...stroke, points: stroke.points.map((point) => ({ ...point, x: point.x * scale, y: point.y * scale })) }));
    pad.clear();
    pad.fromData(scaled.map((stroke) => ({ penColor: INK, minWidth: 1, maxWidth: 2.6, dotSize: 0, velocityFilterWeight: 0.7, compositeOperation: "source-over", ...stroke })));
  };

  // A hidden or unchanged canvas is left alone; another width draws the same strokes again at its scale.
  const fit = () => {
    const now = canvas.offsetWidth;
    if (!now || now === width) return;
    const strokes = pad.toData();
    const ratio = Math.max(window.devicePixelRatio || 1, 1);
    canvas.width = now * ratio;
    canvas.height = canvas.offsetHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    draw(strokes, width ? now / width : 1);
    width = now;
    keep();
  };

  const restore = () => {
    let strokes = [];
    try { strokes = JSON.parse(field.value || "[]"); } catch { /* not ours: an empty paper */ }
    if (!Array.isArray(strokes) || !strokes.every((stroke) => Array.isArray(stroke?.points) && stroke.points.length)) return;
    // The width of the screen that it was drawn on is not known: shrink only what would not fit.
    const right = Math.max(1, ...strokes.flatMap((stroke) => stroke.points.map((point) => point.x)));
    const bottom = Math.max(1, ...strokes.flatMap((stroke) => stroke.points.map((point) => point.y)));
    const fitting = width ? Math.min(1, width / (right + 8), canvas.offsetHeight / (bottom + 8)) : 1;
    draw(strokes, fitting);
    keep();
  };

  const choose = () => {
    const drawn = form.elements.method.value === "drawn";
    paper.hidden = !drawn;
    typed.hidden = drawn;
    fit();
  };

  for (const part of root.querySelectorAll("[data-needs-script]")) part.hidden = false;
  if (!("chosen" in root.dataset)) document.getElementById("method-drawn").checked = true;
  for (const radio of form.elements.method) radio.addEventListener("change", choose);
  pad.addEventListener("endStroke", keepDrawn);
  root.querySelector("[data-undo]").addEventListener("click", () => { draw(pad.toData().slice(0, -1), 1); keepDrawn(); });
  root.querySelector("[data-clear]").addEventListener("click", () => { pad.clear(); keepDrawn(); });
  new ResizeObserver(fit).observe(canvas);

  // What the server or a draft has put into the field is drawn once the paper is to be seen.
  let waiting = "";
  const redraw = () => {
    if (!waiting || !canvas.offsetWidth) return;
    field.value = waiting;
    waiting = "";
    restore();
  };
  const takeOver = () => {
    waiting = field.value;
    choose();
    field.value = waiting;
    redraw();
  };
  takeOver();
  form.addEventListener("answersrestored", takeOver);
  form.addEventListener("stepshown", () => { fit(); if (waiting) field.value = waiting; redraw(); });
};

if (root) start();
