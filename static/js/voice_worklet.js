// Runs beside the page, in the browser's audio thread: hands on what the microphone hears, first channel only.

class Tap extends AudioWorkletProcessor {
  process([[heard]]) {
    // The browser uses its block again as soon as this returns.
    if (heard) this.port.postMessage(heard.slice());
    return true;
  }
}

registerProcessor("tap", Tap);
