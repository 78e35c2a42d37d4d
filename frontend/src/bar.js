// The row above the diagram: where one is (breadcrumb), what can be opened, zoom buttons.
// Everything is built as DOM nodes; texts come from the mount's data-text-* attributes,
// so that the page's language decides them.

const button = (className, text) => {
  const node = document.createElement("button");
  node.type = "button";
  node.className = className;
  node.textContent = text;
  return node;
};

export class Bar {
  constructor(mount) {
    this.texts = {
      path: mount.dataset.textPath || "いま見ている流れ図",
      inner: mount.dataset.textInner || "中の流れを開く",
      larger: mount.dataset.textLarger || "拡大",
      smaller: mount.dataset.textSmaller || "縮小",
      whole: mount.dataset.textWhole || "全体を表示",
      visit: mount.dataset.textVisit || "{n}回目",
      returned: mount.dataset.textReturned || "差戻し",
      canvas: mount.dataset.textCanvas || "流れ図",
    };
    this.path = document.createElement("ol");
    this.inner = document.createElement("div");
    this.list = document.createElement("ul");
    const zoom = document.createElement("div");
    const nav = document.createElement("nav");
    nav.className = "diagram__path";
    nav.setAttribute("aria-label", this.texts.path);
    nav.append(this.path);
    zoom.className = "diagram__zoom";
    for (const [step, text, sign] of [[1, "larger", "＋"], [-1, "smaller", "－"], [0, "whole", ""]]) {
      const node = button("diagram__button", sign || this.texts[text]);
      if (sign) node.setAttribute("aria-label", this.texts[text]);
      node.addEventListener("click", () => this.onZoom(step));
      zoom.append(node);
    }
    this.inner.className = "diagram__inner";
    const label = document.createElement("span");
    label.textContent = this.texts.inner;
    this.inner.append(label, this.list);
    const bar = mount.querySelector(".diagram__bar");
    bar.replaceChildren(nav, zoom);
    bar.after(this.inner);
    this.onOpen = () => {};
    this.onZoom = () => {};
  }

  /** Draw the path of diagrams (outermost first) and the ones that open from the last. */
  draw(path, inner, focus) {
    this.path.replaceChildren(...path.map((diagram, index) => {
      const step = document.createElement("li");
      if (index === path.length - 1) {
        const here = document.createElement("strong");
        here.textContent = diagram.name;
        here.setAttribute("aria-current", "true");
        here.tabIndex = -1;
        step.append(here);
        if (focus) queueMicrotask(() => here.focus());
      } else {
        const up = button("diagram__up", diagram.name);
        up.addEventListener("click", () => this.onOpen(diagram.key));
        step.append(up);
      }
      return step;
    }));
    this.inner.hidden = inner.length === 0;
    this.list.replaceChildren(...inner.map(({ key, name, active }) => {
      const step = document.createElement("li");
      const node = button("diagram__open" + (active ? " diagram__open--active" : ""), name);
      node.addEventListener("click", () => this.onOpen(key));
      step.append(node);
      return step;
    }));
  }
}
