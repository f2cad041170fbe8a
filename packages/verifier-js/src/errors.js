/**
 * A token, a proof or a bundle that must not be believed.
 * `error` is what an API answers in WWW-Authenticate (RFC 6750 §3.1, RFC 9449 §7.1); the message is for the log.
 */
export class Refused extends Error {
  constructor(why, error = "invalid_token") {
    super(why);
    this.name = "Refused";
    this.error = error;
  }
}

/** There is no bundle, or it is too old to be believed: our trouble and not the caller's. Answer with 503. */
export class NoTrust extends Refused {
  constructor(why) {
    super(why, "temporarily_unavailable");
    this.name = "NoTrust";
  }
}

/** A bundle that gives trust, and what has to stand by it does not. What it takes away counts all the same. */
export class NotWitnessed extends Refused {
  constructor(why) {
    super(why);
    this.name = "NotWitnessed";
  }
}

/** A bundle so much newer than the one we hold that only the hub's lineage connects them. */
export class Gap extends Refused {
  constructor(heldSeq) {
    super("the lineage does not reach back to the bundle we hold");
    this.name = "Gap";
    this.heldSeq = heldSeq;
  }
}
