// One table for every model of oidc-provider, on Node's own SQLite: same journal and durability as the others.
import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS payloads (
  model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, grant_id TEXT, user_code TEXT, uid TEXT,
  expires_at INTEGER, consumed_at INTEGER, PRIMARY KEY (model, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS payloads_grant ON payloads (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS payloads_uid ON payloads (uid) WHERE uid IS NOT NULL;
CREATE INDEX IF NOT EXISTS payloads_user_code ON payloads (user_code) WHERE user_code IS NOT NULL;
CREATE TABLE IF NOT EXISTS accounts (sub TEXT PRIMARY KEY, claims TEXT NOT NULL);`;

const now = () => Math.floor(Date.now() / 1000);

export function openDatabase(path, synchronous) {
  const database = new DatabaseSync(path, { timeout: 5000 });
  database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous}; ${SCHEMA}`);
  return database;
}

export function adapterFor(database) {
  const columns = 'payload, consumed_at, expires_at';
  const upsert = database.prepare(
    `INSERT INTO payloads (model, id, payload, grant_id, user_code, uid, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (model, id) DO UPDATE SET payload=excluded.payload, grant_id=excluded.grant_id,
     user_code=excluded.user_code, uid=excluded.uid, expires_at=excluded.expires_at`,
  );
  const byId = database.prepare(`SELECT ${columns} FROM payloads WHERE model=? AND id=?`);
  const byUid = database.prepare(`SELECT ${columns} FROM payloads WHERE uid=? AND model=?`);
  const byUserCode = database.prepare(`SELECT ${columns} FROM payloads WHERE user_code=? AND model=?`);
  const consume = database.prepare('UPDATE payloads SET consumed_at=? WHERE model=? AND id=?');
  const destroy = database.prepare('DELETE FROM payloads WHERE model=? AND id=?');
  const revoke = database.prepare('DELETE FROM payloads WHERE grant_id=? AND model=?');

  const parse = (row) => {
    if (!row || (row.expires_at && row.expires_at < now())) return undefined;
    const payload = JSON.parse(row.payload);
    return row.consumed_at ? { ...payload, consumed: row.consumed_at } : payload;
  };

  return class SqliteAdapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      const { grantId = null, userCode = null, uid = null } = payload;
      const expiresAt = expiresIn ? now() + expiresIn : null;
      upsert.run(this.model, id, JSON.stringify(payload), grantId, userCode, uid, expiresAt);
    }

    async find(id) {
      return parse(byId.get(this.model, id));
    }

    async findByUid(uid) {
      return parse(byUid.get(uid, this.model));
    }

    async findByUserCode(userCode) {
      return parse(byUserCode.get(userCode, this.model));
    }

    async consume(id) {
      consume.run(now(), this.model, id);
    }

    async destroy(id) {
      destroy.run(this.model, id);
    }

    async revokeByGrantId(grantId) {
      revoke.run(grantId, this.model);
    }
  };
}
