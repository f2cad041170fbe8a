// Copies and prints recovery codes. Finds [data-codes]; without scripts the codes are read and written down.

function offerTools(panel) {
  const status = panel.querySelector("[data-codes-status]");
  const copy = panel.querySelector("[data-copy]");
  const print = panel.querySelector("[data-print]");
  const codes = Array.from(panel.querySelectorAll("[data-code]"), (item) => item.textContent.trim());

  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(codes.join("\n"));
      status.textContent = panel.dataset.copied;
    } catch {
      // No clipboard here, or no permission: the person needs to know, not the console.
      status.textContent = panel.dataset.copyFailed;
    }
  });

  print.addEventListener("click", () => {
    try {
      window.print();
    } catch {
      status.textContent = panel.dataset.printFailed;
    }
  });

  copy.hidden = false;
  print.hidden = false;
}

document.querySelectorAll("[data-codes]").forEach(offerTools);
