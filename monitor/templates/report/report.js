"use strict";
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  function byId(id) { return document.getElementById(id); }
  function each(list, work) { Array.prototype.forEach.call(list, work); }

  /* Theme: as the system, light, dark. Remembered where the browser lets a file remember. */
  var themes = ["", "light", "dark"], names = { "": "as the system", light: "light", dark: "dark" };
  function recall() { try { return localStorage.getItem("tillproof-theme") || ""; } catch (e) { return ""; } }
  function keep(theme) { try { localStorage.setItem("tillproof-theme", theme); } catch (e) { return; } }
  function dress(theme) {
    if (theme) { root.setAttribute("data-theme", theme); } else { root.removeAttribute("data-theme"); }
    byId("theme").querySelector("span").textContent = names[theme];
  }
  var theme = names[recall()] ? recall() : "";
  dress(theme);
  byId("theme").addEventListener("click", function () {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    dress(theme); keep(theme);
  });

  /* Copying a command: by the clipboard where a file may use it, else by selection. */
  function select(text) {
    var area = document.createElement("textarea");
    area.value = text; area.setAttribute("readonly", "");
    document.body.appendChild(area); area.select();
    var done = false;
    try { done = document.execCommand("copy"); } catch (e) { done = false; }
    area.remove();
    return done;
  }
  function copy(text, told) {
    if (!navigator.clipboard) { told(select(text)); return; }
    navigator.clipboard.writeText(text).then(function () { told(true); }, function () { told(select(text)); });
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest(".copy") : null;
    if (!button) { return; }
    var word = button.firstChild;
    button.setAttribute("aria-live", "polite");
    copy(button.getAttribute("data-copy"), function (done) {
      word.nodeValue = done ? "Copied" : "Select it";
      setTimeout(function () { word.nodeValue = "Copy"; }, 1600);
    });
  });

  /* A day of the calendar may lead to a card that is folded away. */
  function unfold() {
    var target = location.hash ? byId(decodeURIComponent(location.hash.slice(1))) : null;
    var fold = target && target.closest("details");
    if (fold && !fold.open) { fold.open = true; target.scrollIntoView(); }
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  /* Shops: sorting and finding. */
  var table = byId("shop-table");
  if (!table) { return; }
  var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
  function key(row, column, kind) {
    var cell = row.cells[column];
    var said = cell.getAttribute("data-v");
    return kind === "number" ? Number(said) : (said || cell.textContent).trim().toLowerCase();
  }
  var byText = new Intl.Collator("en", { numeric: true }).compare;
  function sort(head, column, kind) {
    var was = head.getAttribute("aria-sort");
    var up = was ? was === "descending" : kind === "text";
    each(table.tHead.rows[0].cells, function (cell) { cell.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    var keyed = rows.map(function (row, i) { return { row: row, i: i, key: key(row, column, kind) }; });
    keyed.sort(function (a, b) {
      var order = kind === "number" ? a.key - b.key : byText(a.key, b.key);
      return (up ? order : -order) || a.i - b.i;
    });
    keyed.forEach(function (one) { body.appendChild(one.row); });
  }
  each(table.tHead.rows[0].cells, function (head, column) {
    var kind = head.getAttribute("data-sort"), button = document.createElement("button");
    button.type = "button"; button.className = "sorter"; button.textContent = head.textContent;
    head.textContent = ""; head.appendChild(button);
    button.addEventListener("click", function () { sort(head, column, kind); });
  });
  var search = byId("shop-filter"), amiss = byId("shop-amiss");
  var texts = rows.map(function (row) { return (row.cells[0].textContent + " " + row.cells[1].textContent).toLowerCase(); });
  function sift() {
    var wanted = search.value.trim().toLowerCase(), shown = 0;
    rows.forEach(function (row, i) {
      row.hidden = texts[i].indexOf(wanted) < 0 || (amiss.checked && !row.classList.contains("amiss"));
      if (!row.hidden) { shown += 1; }
    });
    byId("shop-shown").textContent = shown + " shown";
    byId("shop-none").hidden = shown > 0;
  }
  search.addEventListener("input", sift);
  amiss.addEventListener("change", sift);
})();
