// The drawing itself: bpmn-js, markers for what is done, where the case stands and what was
// sent back. Styles are classes; sizes are set through the CSSOM, which a strict CSP allows.

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

const READABLE = 0.62; // below this zoom the labels cannot be read; show a part instead,
const CLOSE = 0.8; // at this zoom
const EDGE = 16; // pixels around the drawing
const LOGO = 40; // pixels below it
const FONTS =
  '"BIZ UDPGothic","Yu Gothic UI",Meiryo,"Hiragino Sans","Noto Sans JP","Noto Sans CJK JP",sans-serif';

export class Canvas {
  constructor(mount, texts) {
    this.texts = texts;
    this.host = mount.querySelector(".diagram__canvas");
    this.viewer = new NavigatedViewer({
      container: this.host,
      zoomScroll: { enabled: false }, // the wheel scrolls the page; zoom has buttons
      bpmnRenderer: {
        defaultFillColor: "#ffffff",
        defaultStrokeColor: "#4d4d4d",
        defaultLabelColor: "#1a1a1a",
      },
      textRenderer: {
        defaultStyle: { fontFamily: FONTS, fontSize: 12 },
        externalStyle: { fontFamily: FONTS, fontSize: 12 },
      },
    });
    this.files = new Map();
    this.onOpen = () => {};
    this.viewer.get("eventBus").on("element.click", ({ element }) => {
      const target = this.diagram?.opens?.[element.id.replace(/_label$/, "")];
      if (target) this.onOpen(target);
    });
    addEventListener("beforeprint", () => this.fitForPrint(true));
    addEventListener("afterprint", () => this.fitForPrint(false));
  }

  async show(diagram) {
    if (!this.files.has(diagram.url)) {
      const answer = await fetch(diagram.url);
      if (!answer.ok) throw new Error(`${diagram.url}: ${answer.status}`);
      this.files.set(diagram.url, await answer.text());
    }
    await this.viewer.importXML(this.files.get(diagram.url));
    this.diagram = diagram;
    const drawing = this.host.querySelector(".djs-container > svg");
    drawing?.setAttribute("role", "img");
    drawing?.setAttribute("aria-label", `${this.texts.canvas}: ${diagram.name}`);
    this.mark(diagram);
    this.fit();
  }

  mark({ active = [], done = {}, returned = [], opens = {}, heat = {}, labels = {} }) {
    const canvas = this.viewer.get("canvas");
    const registry = this.viewer.get("elementRegistry");
    const marked = (ids, marker) => {
      for (const id of ids) if (registry.get(id)) canvas.addMarker(id, marker);
    };
    marked(Object.keys(done), "is-done");
    marked(flowsTaken(registry, done, active), "is-done");
    marked(returned, "is-returned");
    marked(Object.keys(opens), "is-open");
    marked(active, "is-active");
    for (const id of new Set([...Object.keys(done), ...active])) {
      const visits = (done[id] || 0) + (active.includes(id) ? 1 : 0);
      if (visits > 1 && registry.get(id)?.width) {
        this.badge(id, this.texts.visit.replace("{n}", visits), "diagram__badge", { top: -12, right: 22 });
      }
    }
    for (const [id, level] of Object.entries(heat)) marked([id], `heat-${level}`);
    for (const [id, text] of Object.entries(labels)) {
      if (registry.get(id)?.width) this.badge(id, text, "diagram__count", { top: -12, left: -6 });
    }
    for (const id of returned) {
      if (!registry.get(id)?.width) continue;
      const place = { top: -12, left: -6 };
      this.badge(id, this.texts.returned, "diagram__badge diagram__badge--returned", place);
    }
  }

  badge(id, text, className, position) {
    const node = document.createElement("span");
    node.className = className;
    node.textContent = text;
    this.viewer.get("overlays").add(id, { position, html: node });
  }

  /** The whole diagram when it can be read at that size, otherwise the part that is active. */
  fit() {
    const canvas = this.viewer.get("canvas");
    const { inner } = canvas.viewbox();
    const scale = Math.min(1, (this.host.clientWidth - 2 * EDGE) / inner.width);
    const height = inner.height * (scale < READABLE ? CLOSE : scale) + EDGE + LOGO;
    this.host.style.height = `${Math.round(Math.min(Math.max(height, 220), 560))}px`;
    canvas.resized();
    this.whole();
    if (canvas.zoom() < READABLE) this.centre(CLOSE);
  }

  /** Show everything; the strip at the bottom stays free for the logo, which must not be covered. */
  whole() {
    const canvas = this.viewer.get("canvas");
    const { inner } = canvas.viewbox();
    const room = { width: this.host.clientWidth - 2 * EDGE, height: this.host.clientHeight - EDGE - LOGO };
    const zoom = Math.min(1, room.width / inner.width, room.height / inner.height);
    canvas.viewbox({
      x: inner.x - (this.host.clientWidth / zoom - inner.width) / 2,
      y: inner.y - (EDGE + (room.height - inner.height * zoom) / 2) / zoom,
      width: this.host.clientWidth / zoom,
      height: this.host.clientHeight / zoom,
    });
  }

  centre(zoom) {
    const canvas = this.viewer.get("canvas");
    const registry = this.viewer.get("elementRegistry");
    const shown = (ids) => ids.map((id) => registry.get(id)).find((element) => element?.width);
    const focus = shown(this.diagram.active || []) || shown(Object.keys(this.diagram.done || {}).reverse());
    const { inner } = canvas.viewbox();
    const middle = focus
      ? { x: focus.x + focus.width / 2, y: focus.y + focus.height / 2 }
      : { x: inner.x + this.host.clientWidth / zoom / 2 - 20, y: inner.y + inner.height / 2 };
    const width = this.host.clientWidth / zoom;
    const height = this.host.clientHeight / zoom;
    const clamp = (at, low, size, view) =>
      size <= view ? low + (size - view) / 2 : Math.min(Math.max(at - view / 2, low - 16), low + size - view + 16);
    canvas.viewbox({
      x: clamp(middle.x, inner.x, inner.width, width),
      y: clamp(middle.y, inner.y, inner.height + LOGO / zoom, height),
      width,
      height,
    });
  }

  zoom(step) {
    const canvas = this.viewer.get("canvas");
    if (step === 0) this.whole();
    else canvas.zoom(Math.min(3, Math.max(0.2, canvas.zoom() * (step > 0 ? 1.25 : 0.8))));
  }

  fitForPrint(printing) {
    if (!this.diagram) return;
    this.host.classList.toggle("diagram__canvas--printing", printing);
    if (!printing) return this.fit();
    const canvas = this.viewer.get("canvas");
    canvas.resized();
    const { inner } = canvas.viewbox();
    const scale = Math.min(1, (this.host.clientWidth - 2 * EDGE) / inner.width);
    this.host.style.height = `${Math.round(inner.height * scale + EDGE + LOGO)}px`;
    canvas.resized();
    this.whole();
    return undefined;
  }
}

/** Flows that were certainly taken: the only way out of a done element, or into a reached one. */
function flowsTaken(registry, done, active) {
  const reached = new Set([...Object.keys(done), ...active]);
  const taken = [];
  for (const element of registry.filter(({ type }) => type === "bpmn:SequenceFlow")) {
    const { source, target } = element;
    if (!source || !target || !done[source.id]) continue;
    const only = (flows) => flows.filter(({ type }) => type === "bpmn:SequenceFlow").length === 1;
    if (only(source.outgoing) || (reached.has(target.id) && only(target.incoming))) {
      taken.push(element.id);
    }
  }
  return taken;
}
