// Shows where a case stands on its BPMN diagrams, read only.
//
// Every element with [data-bpmn] is a mount; its value is the id of a
// <script type="application/json"> block or a URL that answers with the same document:
//   { diagrams: [{ key, name, url, active: [ids], done: {id: count}, returned: [ids],
//                  parent: key|null, opens: {elementId: key},
//                  heat: {id: level 1..6}, labels: {id: text} }], start: key }
// `heat` colours elements by how long work waits there and `labels` puts numbers on them.
// The mount receives data-ready (the key of the diagram on show) or data-error.
// Without this script the page still has its list of steps beside the diagram.

import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import { Canvas } from "./canvas.js";
import { Bar } from "./bar.js";

async function stateOf(mount) {
  const source = mount.dataset.bpmn;
  const block = document.getElementById(source);
  if (block) return JSON.parse(block.textContent);
  const answer = await fetch(source, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${source}: ${answer.status}`);
  return answer.json();
}

/** The diagram and everything above it, outermost first. */
function pathTo(diagrams, key) {
  const path = [];
  for (let at = diagrams.get(key); at && !path.includes(at); at = diagrams.get(at.parent)) {
    path.unshift(at);
  }
  return path;
}

async function show(mount) {
  const state = await stateOf(mount);
  const diagrams = new Map(state.diagrams.map((diagram) => [diagram.key, diagram]));
  const bar = new Bar(mount);
  const canvas = new Canvas(mount, bar.texts);

  async function open(key, focus = false) {
    const diagram = diagrams.get(key);
    if (!diagram) throw new Error(`no diagram ${key}`);
    mount.removeAttribute("data-ready");
    await canvas.show(diagram);
    const inner = Object.entries(diagram.opens || {})
      .filter(([, target]) => diagrams.has(target))
      .map(([id, target]) => ({ key: target, name: diagrams.get(target).name,
                                active: (diagram.active || []).includes(id) }));
    bar.draw(pathTo(diagrams, key), inner, focus);
    mount.dataset.ready = key;
  }

  const guarded = (...args) => open(...args).catch((error) => fail(mount, error));
  bar.onOpen = (key) => guarded(key, true);
  bar.onZoom = (step) => canvas.zoom(step);
  canvas.onOpen = (key) => diagrams.has(key) && guarded(key, true);
  await open(state.start);
}

function fail(mount, error) {
  mount.dataset.error = String(error && error.message ? error.message : error);
  mount.querySelector("[data-bpmn-failed]")?.removeAttribute("hidden");
}

for (const mount of document.querySelectorAll("[data-bpmn]")) {
  show(mount).catch((error) => fail(mount, error));
}
