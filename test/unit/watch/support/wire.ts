import type { PollCall } from "../../../../src/watch/access.js";

/** One replica's way to the upstream, on which its polls can be held up. */
export class Wire {
  /** Polls that are held up. */
  waiting = 0;
  #held: { request?: Promise<void>; answer?: Promise<void> } = {};

  constructor(private readonly upstream: { poll: PollCall }) {}

  /** From now on polls wait on their way there, or on their way back with what was true when they arrived. */
  hold(direction: "request" | "answer"): { release(): void } {
    let release = (): void => {};
    this.#held[direction] = new Promise((resolve) => {
      release = () => {
        delete this.#held[direction];
        resolve();
      };
    });
    return { release };
  }

  poll: PollCall = async (call, jobId) => {
    if (call.priority !== "poll") return this.upstream.poll(call, jobId);
    await this.#pass("request");
    const answer = await this.upstream.poll(call, jobId);
    await this.#pass("answer");
    return answer;
  };

  async #pass(direction: "request" | "answer"): Promise<void> {
    const held = this.#held[direction];
    if (!held) return;
    this.waiting += 1;
    await held;
    this.waiting -= 1;
  }
}
