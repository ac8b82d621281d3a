(function () {
  "use strict";
  var trees = document.querySelectorAll("article.tree > details");
  var box = document.querySelector(".buttons");
  if (!box) return;
  box.hidden = false;
  box.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) return;
    trees.forEach(function (tree) { tree.open = button.dataset.open === "true"; });
  });
})();
