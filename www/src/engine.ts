// The page's side of the worker: asks, waits, reports stages, and ends it when it is cancelled.
import type { Answer, Ask, CallName, Message, Stage } from './protocol.js';

/** What the module or the worker refused. */
export class EngineProblem extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly path: string,
  ) {
    super(message);
  }
}

export class Engine {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  private next = 0;
  private ended: Error | undefined;

  constructor(onStage: (stage: Stage) => void) {
    this.worker = new Worker(new URL('./callback-preview-worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if ('stage' in data) {
        onStage(data.stage);
        return;
      }
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('problem' in data) waiting?.reject(new EngineProblem(data.problem.message, data.problem.code, data.problem.path));
      else waiting?.resolve(data.answer as never);
    };
    this.worker.onerror = () => this.end(new EngineProblem('the worker stopped', 'trap', ''));
  }

  ask<N extends CallName>(name: N, ask: Ask<N>, transfer: Transferable[] = []): Promise<Answer<N>> {
    return new Promise((resolve, reject) => {
      // Nobody answers any more.
      if (this.ended !== undefined) {
        reject(this.ended);
        return;
      }
      const id = (this.next += 1);
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, name, ask }, transfer);
    });
  }

  /** Ends the worker, also in the middle of a build. */
  end(why: Error = new EngineProblem('cancelled', 'cancelled', '')): void {
    this.ended ??= why;
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(why);
    this.waiting.clear();
  }
}
