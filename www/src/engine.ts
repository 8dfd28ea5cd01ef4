// The page's side of the worker: sends requests, reports stages, terminates it.
import type { Answer, Ask, CallName, Message, Stage } from './protocol.js';

/** An error of the module or the worker. */
export class EngineError extends Error {
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
  private readonly pending = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  private next = 0;
  private ended: Error | undefined;

  constructor(onStage: (stage: Stage) => void) {
    this.worker = new Worker(new URL('./callback-preview-worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if ('stage' in data) {
        onStage(data.stage);
        return;
      }
      const request = this.pending.get(data.id);
      this.pending.delete(data.id);
      if ('problem' in data) request?.reject(new EngineError(data.problem.message, data.problem.code, data.problem.path));
      else request?.resolve(data.answer as never);
    };
    this.worker.onerror = () => this.terminate(new EngineError('the worker stopped', 'trap', ''));
  }

  ask<N extends CallName>(name: N, ask: Ask<N>, transfer: Transferable[] = []): Promise<Answer<N>> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) {
        reject(this.ended);
        return;
      }
      this.next += 1;
      const id = this.next;
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ id, name, ask }, transfer);
    });
  }

  /** Terminates the worker, even during a build. */
  terminate(reason: Error = new EngineError('cancelled', 'cancelled', '')): void {
    this.ended ??= reason;
    this.worker.terminate();
    for (const { reject } of this.pending.values()) reject(reason);
    this.pending.clear();
  }
}
