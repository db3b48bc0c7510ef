// Small conveniences. Every page reads and every form works without this file.
(function () {
  "use strict";
  const $ = (s, from) => (from || document).querySelector(s);
  const $$ = (s, from) => Array.from((from || document).querySelectorAll(s));
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));

  // --- keyboard: / search, j k rows, Enter open, ? help
  let row = -1;
  const rows = () => $$("[data-rows] tbody tr, [data-row]").filter((r) => r.offsetParent !== null);
  function go(step) {
    const all = rows();
    if (!all.length) return;
    row = Math.max(0, Math.min(all.length - 1, row + step));
    all.forEach((r, i) => r.classList.toggle("row-here", i === row));
    const link = $("a[href]", all[row]);
    (link || all[row]).focus({ preventScroll: true });
    all[row].scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    const box = e.key === "/" && $('[data-key="/"]');
    if (box) { e.preventDefault(); box.focus(); box.select(); }
    else if (e.key === "j") go(1);
    else if (e.key === "k") go(-1);
    else if (e.key === "?") {
      const help = $("#keys");
      if (help && help.showModal) { e.preventDefault(); help.open ? help.close() : help.showModal(); }
    }
  });

  // --- one click outside, or Escape, closes an open menu
  document.addEventListener("click", (e) => $$("details.menu[open]").forEach((d) => d.contains(e.target) || (d.open = false)));
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    const open = $("details.menu[open]");
    if (open) { open.open = false; $("summary", open).focus(); }
  });

  // --- copy a citation, read a text aloud, print, go back
  document.addEventListener("click", async (e) => {
    const el = e.target.closest("[data-copy],[data-read],[data-print],[data-back]");
    if (!el) return;
    if (el.hasAttribute("data-print")) return window.print();
    if (el.hasAttribute("data-back")) {
      if (history.length > 1) { e.preventDefault(); history.back(); }
      return;
    }
    if (el.hasAttribute("data-copy")) {
      e.preventDefault();
      try { await navigator.clipboard.writeText(el.dataset.copy); say(el, "已复制"); } catch { say(el, "请手动复制"); }
      return;
    }
    read(el);
  });
  function say(el, word) {
    const before = el.dataset.word || (el.dataset.word = el.textContent);
    el.textContent = word;
    el.setAttribute("aria-live", "polite");
    setTimeout(() => { el.textContent = before; }, 2000);
  }
  function read(el) {
    const voice = window.speechSynthesis;
    if (el.getAttribute("aria-pressed") === "true") { voice.cancel(); return stopped(el); }
    const target = $(el.dataset.read);
    if (!target) return;
    voice.cancel();
    // Long texts are cut at sentence ends: some browsers fall silent after about 200 characters.
    const parts = target.innerText.replace(/\s+/g, " ").match(/[^。；！？;!?]{1,180}[。；！？;!?]?/g) || [];
    parts.forEach((part, i) => {
      const say = new SpeechSynthesisUtterance(part);
      say.lang = "zh-CN"; say.rate = 0.9;
      if (i === parts.length - 1) say.onend = () => stopped(el);
      voice.speak(say);
    });
    el.setAttribute("aria-pressed", "true"); el.textContent = "停止朗读";
  }
  function stopped(el) { el.setAttribute("aria-pressed", "false"); el.textContent = "朗读"; }

  // --- what needs a script is shown only when there is one
  function ready() {
    $$("[data-read]").forEach((el) => { el.hidden = !("speechSynthesis" in window); });
    $$("[data-copy],[data-print]").forEach((el) => { el.hidden = false; });
    // on a phone the filters fold away unless some are in use
    if (!window.matchMedia("(min-width: 48rem)").matches) $$("[data-phone-shut]:not([data-used])").forEach((d) => { d.open = false; });
    const wrong = $("[data-focus]");
    if (wrong) wrong.focus();
  }

  // --- the connection
  const offline = (gone) => { const bar = $("#offline"); if (bar) bar.hidden = !gone; document.body.classList.toggle("is-offline", gone); };
  window.addEventListener("offline", () => offline(true));
  window.addEventListener("online", () => offline(false));
  document.addEventListener("htmx:sendError", () => offline(true));
  document.addEventListener("htmx:afterOnLoad", () => offline(false));
  document.addEventListener("htmx:afterSwap", () => { row = -1; });
  // An error page that answers a partial request is opened as a page of its own.
  document.addEventListener("htmx:beforeSwap", (e) => {
    const { xhr, requestConfig } = e.detail;
    if (xhr.status >= 400 && requestConfig.verb === "get") { e.preventDefault(); location.href = xhr.responseURL; }
  });

  // --- long work asks for news of itself and shows it
  $$("form[data-once]").forEach((form) => form.addEventListener("submit", () => {
    $$("button", form).forEach((b) => b.setAttribute("aria-disabled", "true"));
  }));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
