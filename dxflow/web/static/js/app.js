// What the pages do better with a script; everything works without it.
// No inline script or style: the content security policy allows only files of this origin.
"use strict";

(() => {
  const AUTOSAVE_DELAY = 1500; // milliseconds after the last keystroke

  const clock = () =>
    new Date().toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit" });

  /** Lead a person straight to what went wrong. */
  function focusErrors() {
    document.querySelector("[data-focus]")?.focus();
  }

  /** Move to a field, not only to its place, when a line of the error summary is followed. */
  function followErrorLinks() {
    for (const link of document.querySelectorAll(".error-summary a[href^='#']")) {
      link.addEventListener("click", (event) => {
        const field = document.getElementById(link.getAttribute("href").slice(1));
        if (!field) return;
        event.preventDefault();
        (field.closest(".field, fieldset") || field).scrollIntoView({ block: "start" });
        field.focus({ preventScroll: true });
      });
    }
  }

  /** Send a form once, however often its button is pressed. */
  function guardDoubleSubmit(form) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "1";
      event.submitter?.setAttribute("aria-busy", "true");
    });
    // Coming back with the browser's back button must leave the form usable.
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      delete form.dataset.sent;
      form.querySelectorAll("[aria-busy]").forEach((node) => node.removeAttribute("aria-busy"));
    });
  }

  /** The values as they would be posted, without the control fields. */
  function valuesOf(form) {
    const values = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && !["_outcome", "_row"].includes(name)) {
        values.append(name, value);
      }
    }
    return values;
  }

  /** Save the draft while a person types, and say so. */
  function autosave(form) {
    const line = form.querySelector("[data-saved]");
    let saved = valuesOf(form).toString();
    let timer = 0;
    let running = null;

    const say = (text, failed) => {
      if (!line) return;
      line.textContent = text;
      line.classList.toggle("saved--failed", failed);
    };

    async function save() {
      const values = valuesOf(form);
      const wanted = values.toString();
      if (wanted === saved || form.dataset.sent) return;
      try {
        running = fetch(form.dataset.autosave, {
          method: "POST",
          headers: { "X-CSRFToken": form.elements._csrf.value, Accept: "application/json" },
          body: values,
          credentials: "same-origin",
          redirect: "error",
        });
        const answer = await running;
        if (!answer.ok) throw new Error(String(answer.status));
        saved = wanted;
        say(`${line?.dataset.textSaved} ${clock()}`, false);
      } catch {
        say(line?.dataset.textFailed || "", true);
      } finally {
        running = null;
      }
    }

    const changed = () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        if (running) await running.catch(() => undefined);
        await save();
      }, AUTOSAVE_DELAY);
    };

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", () => clearTimeout(timer));
    form.unsaved = () => valuesOf(form).toString() !== saved;
  }

  /** Ask before typed text is lost. */
  function warnOnLeaving(forms) {
    for (const form of forms) {
      if (form.unsaved) continue;
      const first = valuesOf(form).toString();
      const retyped = form.querySelector("[aria-invalid]") !== null;
      form.unsaved = () => retyped || valuesOf(form).toString() !== first;
    }
    addEventListener("beforeunload", (event) => {
      if (forms.some((form) => !form.dataset.sent && form.unsaved())) event.preventDefault();
    });
  }

  /** After a row was added or removed the page reloads; stay where the person was. */
  function keepPlaceInLists() {
    const key = `rows:${location.pathname}`;
    for (const button of document.querySelectorAll("button[name='_row']")) {
      button.addEventListener("click", () => {
        const list = button.closest("fieldset");
        const place = { id: list?.id, value: button.value, top: list?.getBoundingClientRect().bottom };
        sessionStorage.setItem(key, JSON.stringify(place));
      });
    }
    const place = JSON.parse(sessionStorage.getItem(key) || "null");
    sessionStorage.removeItem(key);
    const list = place && document.getElementById(place.id);
    if (!list) return;
    const rows = list.querySelectorAll("tbody tr");
    const added = place.value.startsWith("add:") && rows[rows.length - 1];
    const target = added ? added.querySelector("input, select, textarea") : null;
    scrollBy({ top: list.getBoundingClientRect().bottom - place.top });
    (target || list).focus({ preventScroll: true });
    (target || list).scrollIntoView({ block: "nearest" });
  }

  /** Print what is folded as well. */
  function openFoldsForPrint() {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = [...document.querySelectorAll("main details:not([open])")];
      opened.forEach((fold) => { fold.open = true; });
    });
    addEventListener("afterprint", () => {
      opened.forEach((fold) => { fold.open = false; });
    });
    for (const button of document.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => print());
    }
  }

  /** Close the small menus of the header with Escape or a click elsewhere. */
  function closeMenus() {
    const menus = () => document.querySelectorAll("details.posts[open], details.menu[open]");
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      for (const menu of menus()) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
    addEventListener("click", (event) => {
      for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
    });
  }

  /** A table wider than its box scrolls; let the arrow keys scroll it too. */
  function reachWideTables() {
    const watcher = new ResizeObserver((entries) => {
      for (const { target: box } of entries) {
        const wide = box.scrollWidth > box.clientWidth;
        box.toggleAttribute("tabindex", wide);
        if (!wide) {
          box.removeAttribute("role");
          box.removeAttribute("aria-label");
          continue;
        }
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", box.querySelector("caption")?.textContent.trim() || document.title);
      }
    });
    document.querySelectorAll(".table-box").forEach((box) => watcher.observe(box));
  }

  /** Say at once that a file is too large, instead of sending all of it first. */
  function refuseLargeFiles(form) {
    const input = form.querySelector("input[type=file]");
    const line = document.getElementById(`${input.id}-error`);
    const check = () => {
      const large = [...input.files].some((file) => file.size > Number(form.dataset.largest));
      input.setAttribute("aria-invalid", String(large));
      line.textContent = large ? form.dataset.tooLarge : "";
      line.hidden = !large;
      return large;
    };
    input.addEventListener("change", check);
    form.addEventListener(
      "submit",
      (event) => {
        if (!check()) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        input.focus();
      },
      true,
    );
  }

  followErrorLinks();
  document.querySelectorAll("form[data-largest]").forEach(refuseLargeFiles);
  document.querySelectorAll("form[data-once]").forEach(guardDoubleSubmit);
  document.querySelectorAll("form[data-autosave]").forEach(autosave);
  warnOnLeaving([...document.querySelectorAll("form[data-guard]")]);
  keepPlaceInLists();
  reachWideTables();
  openFoldsForPrint();
  closeMenus();
  focusErrors();
})();
