// What a reader opened, scrolled or follows stays so when a part of the page is fetched anew: every element with an id.
(function () {
  "use strict";
  var kept = {}, touched = {};
  var scrolled = "details[id], [tabindex][id]";

  document.addEventListener("click", function (event) {
    var summary = event.target.closest("summary");
    if (summary && summary.parentElement.id) touched[summary.parentElement.id] = true;
  });

  document.addEventListener("htmx:beforeSwap", function (event) {
    kept = {};
    event.detail.target.querySelectorAll(scrolled).forEach(function (element) {
      var rest = element.scrollHeight - element.clientHeight - element.scrollTop;
      kept[element.id] = {
        open: element.open, top: element.scrollTop, left: element.scrollLeft, atEnd: rest < 4,
      };
    });
  });

  document.addEventListener("htmx:afterSwap", function () {
    document.querySelectorAll(scrolled).forEach(function (element) {
      var was = kept[element.id];
      if (!was) return;
      if (touched[element.id] && was.open !== undefined) element.open = was.open;
      element.scrollTop = was.atEnd && element.classList.contains("log") ? element.scrollHeight : was.top;
      element.scrollLeft = was.left;
    });
  });
})();
