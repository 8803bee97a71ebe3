/**
 * Remembers lists of whole numbers by a hash of 64 bits, eight bytes each: of a hundred million, the chance that any two
 * are taken for one is one in four thousand.
 */
export class StateSet {
  #high = new Uint32Array(1 << 16);
  #low = new Uint32Array(1 << 16);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether the list was not there yet. */
  add(numbers: readonly number[]): boolean {
    let high = 0x9e3779b9;
    let low = 0x85ebca6b;
    for (const number of numbers) {
      high = mixed(high ^ number, 0xcc9e2d51);
      low = mixed(low ^ Math.imul(number, 0x27d4eb2f), 0x1b873593);
    }
    high = mixed(high ^ low, 0xc2b2ae35);
    // 0 stands for what is free.
    low = mixed(low ^ high, 0x2c1b3c6d) || 1;
    if (!this.#insert(high >>> 0, low >>> 0)) return false;
    this.#size++;
    if (this.#size * 2 > this.#low.length) this.#grow();
    return true;
  }

  #insert(high: number, low: number): boolean {
    const mask = this.#low.length - 1;
    for (let slot = (high ^ low) & mask; ; slot = (slot + 1) & mask) {
      if (this.#low[slot] === 0) {
        this.#high[slot] = high;
        this.#low[slot] = low;
        return true;
      }
      if (this.#low[slot] === low && this.#high[slot] === high) return false;
    }
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(low.length * 2);
    for (let slot = 0; slot < low.length; slot++) {
      const value = low[slot] as number;
      if (value !== 0) this.#insert(high[slot] as number, value);
    }
  }
}

/** The steps of MurmurHash3. */
function mixed(value: number, factor: number): number {
  let hash = Math.imul(value, factor);
  hash = (hash << 15) | (hash >>> 17);
  hash = Math.imul(hash, 5) + 0x6b64e654;
  return hash ^ (hash >>> 13);
}
