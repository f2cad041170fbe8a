// Ways that need a script are hidden in the page; where this runs, they work, so they are shown.
// A pattern works only in the browser that holds its key (js/gesture_keys.js keeps it there).

function holdsGesture() {
  try {
    return (localStorage.getItem("tongxing.gestures") ?? "[]") !== "[]";
  } catch {
    // Storage is switched off: then there is no key either.
    return false;
  }
}

for (const item of document.querySelectorAll("[data-needs-script]")) {
  item.hidden = item.querySelector('[data-way="gesture"]') !== null && !holdsGesture();
}
