// Scans a sign-in code with the camera, in the page. Finds [data-scanner]. The browser's own BarcodeDetector where
// there is one; else the decoder in js/vendor, loaded when it is needed. Pictures never leave this function.

const LOOK_EVERY_MS = 200;
const WIDEST_PIXELS = 640;
const LONGEST_CODE = 128;

/** A function from a picture to the text of the code in it, or null. */
async function chooseReader(decoderAddress) {
  if ("BarcodeDetector" in window) {
    const formats = await BarcodeDetector.getSupportedFormats();
    if (formats.includes("qr_code")) {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
    }
  }
  await import(decoderAddress);
  return async (canvas) => {
    const picture = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return window.jsQR(picture.data, picture.width, picture.height)?.data ?? null;
  };
}

/** The code in an address of ours; null for anything else. A scanned address is read, never opened. */
function codeIn(text) {
  let address;
  try {
    address = new URL(text);
  } catch {
    return null;
  }
  const isOurs = address.origin === window.location.origin && address.pathname === "/qr";
  const code = address.hash.slice(1);
  return isOurs && code && code.length <= LONGEST_CODE ? code : null;
}

function offerScanner(scanner) {
  const video = scanner.querySelector("[data-scanner-picture]");
  const status = scanner.querySelector("[data-scanner-status]");
  const start = scanner.querySelector("[data-scanner-start]");
  const stop = scanner.querySelector("[data-scanner-stop]");
  const form = scanner.querySelector("[data-scanner-form]");
  const canvas = document.createElement("canvas");
  let stream = null;

  async function turnOn() {
    start.hidden = true;
    try {
      const read = await chooseReader(scanner.dataset.scanner);
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      video.srcObject = stream;
      await video.play();
      video.hidden = false;
      stop.hidden = false;
      say("looking");
      look(read);
    } catch (error) {
      turnOff();
      say({ NotAllowedError: "refused", NotFoundError: "missing" }[error.name] ?? "broken");
    }
  }

  function turnOff() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    video.hidden = true;
    stop.hidden = true;
    start.hidden = false;
  }

  async function look(read) {
    if (stream === null) {
      return;
    }
    const text = video.videoWidth ? await read(draw()).catch(() => null) : null;
    const code = text === null ? null : codeIn(text);
    if (code !== null) {
      say("found");
      turnOff();
      form.elements.code.value = code;
      form.submit();
      return;
    }
    if (text !== null) {
      say("foreign");
    }
    setTimeout(() => look(read), LOOK_EVERY_MS);
  }

  function draw() {
    const scale = Math.min(1, WIDEST_PIXELS / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(video, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  function say(what) {
    const words = scanner.dataset[what];
    if (status.textContent !== words) {
      status.textContent = words;
    }
  }

  if (!navigator.mediaDevices?.getUserMedia) {
    say("missing");
    return;
  }
  start.addEventListener("click", turnOn);
  stop.addEventListener("click", () => {
    turnOff();
    status.textContent = "";
  });
  // The camera goes off with the page, also when the browser keeps it for the Back button.
  window.addEventListener("pagehide", turnOff);
  start.hidden = false;
}

document.querySelectorAll("[data-scanner]").forEach(offerScanner);
