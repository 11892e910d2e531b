/**
 * Everything one provider keeps, in memory. The library's own development store holds at most a thousand entries
 * and drops the oldest ones, which a suite that registers thousands of clients would notice.
 *
 * @returns {(model: string) => object} the factory that oidc-provider takes as its `adapter`
 */
export function createMemoryStore() {
  const entries = new Map();

  function read(key) {
    const entry = entries.get(key);
    if (entry && entry.expiresAt <= Date.now()) {
      entries.delete(key);
      return undefined;
    }
    return entry?.payload;
  }

  function findBy(model, member, value) {
    for (const key of entries.keys()) {
      if (key.startsWith(`${model}:`) && read(key)?.[member] === value) {
        return structuredClone(read(key));
      }
    }
    return undefined;
  }

  return (model) => ({
    async upsert(id, payload, expiresIn) {
      const expiresAt = typeof expiresIn === 'number' ? Date.now() + expiresIn * 1000 : Infinity;
      entries.set(`${model}:${id}`, { payload: structuredClone(payload), expiresAt });
    },

    async find(id) {
      return structuredClone(read(`${model}:${id}`));
    },

    async findByUid(uid) {
      return findBy(model, 'uid', uid);
    },

    async findByUserCode(userCode) {
      return findBy(model, 'userCode', userCode);
    },

    async consume(id) {
      const payload = read(`${model}:${id}`);
      if (payload) {
        payload.consumed = Math.floor(Date.now() / 1000);
      }
    },

    async destroy(id) {
      entries.delete(`${model}:${id}`);
    },

    async revokeByGrantId(grantId) {
      for (const [key, { payload }] of entries) {
        if (key.startsWith(`${model}:`) && payload.grantId === grantId) {
          entries.delete(key);
        }
      }
    },
  });
}
