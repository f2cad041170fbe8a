/** Keeps a verifier's bundle fresh: asks the hub, and any mirror when the hub does not answer. */
import { Gap } from "./errors.js";
import { MAX_SIZE } from "./bundle.js";

const TIMEOUT = 5_000;
/** Older than this there must be a newer bundle: who says that there is none is out of date, or keeps it from us. */
const OVERDUE_SECONDS = 120;

/**
 * Asks for the bundle every half minute, a fifth more or less, so that not all verifiers ask at once.
 * `mirrors` are further addresses of the same document: it proves itself, so any will do. `warn` is told of failures.
 */
export class Refresher {
  #verifier;
  #sources;
  #every;
  #warn;
  #fetch;
  #tags = new Map();
  #timer;

  constructor(verifier, { mirrors = [], everySeconds = 30, warn = console.warn, fetch = globalThis.fetch } = {}) {
    this.#verifier = verifier;
    this.#sources = [`${verifier.hub}/trust/bundle`, ...mirrors];
    this.#every = everySeconds;
    this.#warn = warn;
    this.#fetch = fetch;
  }

  /** Ask once, and go on in the background. */
  async start() {
    await this.refresh();
    this.#again();
  }

  /** Ask no more. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Ask each source in turn until one has something good to say. True when a newer bundle came. */
  async refresh() {
    for (const source of this.#sources) {
      try {
        const compact = await this.#get(source);
        if (compact !== undefined && (await this.#load(compact))) return true;
        if (!this.#verifier.isOverdue(OVERDUE_SECONDS)) return false;
      } catch (error) {
        // What came is not here: it must be sent again, and not called unchanged.
        this.#tags.delete(source);
        this.#warn(`no bundle from ${source}: ${error.message}`);
      }
    }
    return false;
  }

  #again() {
    if (this.#timer === null) return;
    const seconds = this.#every * (0.8 + 0.4 * Math.random());
    this.#timer = setTimeout(() => this.refresh().finally(() => this.#again()), seconds * 1_000);
    this.#timer.unref?.(); // It keeps no process alive.
  }

  async #load(compact) {
    try {
      return await this.#verifier.load(compact);
    } catch (error) {
      if (!(error instanceof Gap)) throw error;
      // We were away for long: the hub can tell what came between.
      const lineage = await this.#get(`${this.#verifier.hub}/trust/lineage?from=${error.heldSeq}`);
      return this.#verifier.load(compact, lineage);
    }
  }

  async #get(source) {
    const headers = this.#tags.has(source) ? { "If-None-Match": this.#tags.get(source) } : {};
    const answer = await this.#fetch(source, { headers, redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
    if (answer.status === 304) return undefined;
    if (answer.status !== 200) throw new Error(`status ${answer.status}`);
    const chunks = [];
    let size = 0;
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > MAX_SIZE) throw new Error("too large");
      chunks.push(chunk);
    }
    const tag = answer.headers.get("ETag");
    if (tag !== null) this.#tags.set(source, tag);
    return new TextDecoder().decode(await new Blob(chunks).arrayBuffer());
  }
}
