/**
 * Threads that make documents, so that the event loop which renews the locks of paying jobs never waits for
 * one. A thread that dies or hangs is replaced; its document fails, and the job behind it tries again.
 */
import { Worker } from 'node:worker_threads';
import type { TicketDocument } from './ticket-facts.ts';

const THREAD = new URL('./thread.ts', import.meta.url);
/** The largest order takes a second; this is a thread that hangs. */
const DOCUMENT_MS_MAX = 30_000;

type Task = { readonly document: TicketDocument; readonly done: PromiseWithResolvers<Uint8Array> };
type Answer = { readonly pdf: Uint8Array } | { readonly error: string };

export class PdfPool {
  readonly #threadsMax: number;
  readonly #waiting: Task[] = [];
  readonly #idle: Worker[] = [];
  readonly #threads = new Set<Worker>();
  #stopped = false;

  constructor(threads: number) {
    this.#threadsMax = threads;
  }

  /** Makes a document, when a thread is free. */
  render(document: TicketDocument): Promise<Uint8Array> {
    if (this.#stopped) return Promise.reject(new Error('The pool of document threads is stopped.'));
    const task: Task = { document, done: Promise.withResolvers() };
    this.#waiting.push(task);
    this.#next();
    return task.done.promise;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const task of this.#waiting.splice(0)) task.done.reject(new Error('Stopped.'));
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  #next(): void {
    if (this.#waiting.length === 0 || this.#stopped) return;
    const thread = this.#idle.pop() ?? this.#start();
    if (thread) this.#give(thread, this.#waiting.shift()!);
  }

  #start(): Worker | undefined {
    if (this.#threads.size >= this.#threadsMax) return undefined;
    const thread = new Worker(THREAD);
    thread.setMaxListeners(0);
    this.#threads.add(thread);
    thread.once('exit', () => {
      this.#threads.delete(thread);
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#next();
    });
    return thread;
  }

  #give(thread: Worker, task: Task): void {
    const timer = setTimeout(() => fail(new Error('A document took too long.')), DOCUMENT_MS_MAX);
    const settle = () => {
      clearTimeout(timer);
      thread.off('message', answered);
      thread.off('error', fail);
      thread.off('exit', died);
    };
    const answered = (answer: Answer) => {
      settle();
      if ('pdf' in answer) task.done.resolve(answer.pdf);
      else task.done.reject(new Error(`The document could not be made: ${answer.error}`));
      this.#idle.push(thread);
      this.#next();
    };
    const fail = (error: Error) => {
      settle();
      task.done.reject(error);
      void thread.terminate();
    };
    const died = () => fail(new Error('A document thread died.'));
    thread.on('message', answered);
    thread.on('error', fail);
    thread.on('exit', died);
    thread.postMessage(task.document);
  }
}
