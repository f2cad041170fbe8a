// Takes what a one-time link carries behind the # out of the address bar and the history, and sends it with the form.
// It stands nowhere in the page. Finds the form with the field `link`.

const field = document.querySelector('input[name="link"]');
const secret = location.hash.slice(1);
if (field && secret) {
  history.replaceState(null, "", location.pathname + location.search);
  field.form.addEventListener("formdata", (event) => event.formData.set("link", secret));
}
