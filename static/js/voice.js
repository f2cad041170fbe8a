// Reading digits aloud. Finds [data-voice]: a form with one [data-voice-reading] for each recording that it carries.
// The form is sent when the last reading is done; without scripts it says so and there is another way.

class Reader {
  constructor(form) {
    this.form = form;
    this.readings = [...form.querySelectorAll("[data-voice-reading]")];
    this.recordings = new Map();
    this.say = form.querySelector("[data-voice-say]");
    this.start = form.querySelector("[data-voice-start]");
    this.done = form.querySelector("[data-voice-done]");
    this.level = form.querySelector("[data-voice-level]");
    this.meter = this.level.querySelector("meter");
    this.start.addEventListener("click", () => this.begin());
    this.done.addEventListener("click", () => this.finish());
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, wav] of this.recordings) formData.set(name, wav, `${name}.wav`);
    });
    this.show();
    this.start.hidden = false;
  }

  get current() {
    return this.readings[this.recordings.size];
  }

  /** One row of digits at a time. */
  show() {
    for (const reading of this.readings) reading.hidden = reading !== this.current;
  }

  async begin() {
    this.start.disabled = true;
    try {
      const { listen } = await import(this.form.dataset.recorder);
      this.recorder = await listen(this.form.dataset.worklet, (level) => {
        this.meter.value = level;
      });
    } catch {
      // No microphone, or no permission: the person can do something about it, or choose another way.
      this.say.textContent = this.form.dataset.noMicrophone;
      return;
    } finally {
      this.start.disabled = false;
    }
    this.say.textContent = this.form.dataset.sayListening;
    this.swap(true);
    this.timer = setTimeout(() => this.finish(), Number(this.form.dataset.longest) * 1000);
  }

  async finish() {
    if (!this.recorder) return;
    clearTimeout(this.timer);
    const { recorder } = this;
    this.recorder = null;
    const wav = await recorder.stop();
    this.recordings.set(this.current.dataset.voiceReading, wav);
    if (!this.current) {
      this.send();
      return;
    }
    this.show();
    this.say.textContent = this.form.dataset.sayAgain;
    this.swap(false);
  }

  /** Either the button that starts, or the one that ends, with the keyboard's place on it. */
  swap(isListening) {
    this.start.hidden = isListening;
    this.done.hidden = !isListening;
    this.level.hidden = !isListening;
    (isListening ? this.done : this.start).focus();
  }

  send() {
    this.done.hidden = true;
    this.level.hidden = true;
    this.say.textContent = this.form.dataset.saySending;
    this.form.requestSubmit();
  }
}

document.querySelectorAll("[data-voice]").forEach((form) => new Reader(form));
