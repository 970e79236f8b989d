/**
 * HTTP to the gateway: JSON in and out, and refusals as one kind of error with the code of the table in
 * `domain/errors.ts`. Works with the visitor's cookie (a browser sends it by itself) or with a bearer token.
 */
import type { ErrorBody } from '../protocol/http.ts';

/** A refusal, or no answer at all (`status` 0, code `network`). */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string | undefined;
  /** What the body says beside code and message: `taken`, for one. */
  readonly details: Readonly<Record<string, unknown>>;
  /** From Retry-After, where the house named a wait. */
  readonly retryAfterMs: number | undefined;

  constructor(body: Partial<ErrorBody>, status: number, retryAfterMs?: number) {
    const { code, message, requestId, ...details } = body;
    super(message ?? `The gateway answered ${status}.`);
    this.name = 'ApiError';
    this.code = code ?? (status === 0 ? 'network' : 'internal');
    this.status = status;
    this.requestId = requestId;
    this.details = details;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export type RequestOptions = {
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Overrides the client's own. */
  readonly bearer?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

export type HttpClientOptions = {
  /** `http://localhost:8080`; empty for the page's own origin. */
  readonly baseUrl?: string;
  /** Sent with every request that names none itself. */
  readonly bearer?: () => string | undefined;
  readonly fetch?: typeof fetch;
  /** Told when each uncached answer left the house, by its Date header, and when it was asked for and came. */
  readonly onDate?: (dateMs: number, askedAtMs: number, cameAtMs: number) => void;
};

export class HttpClient {
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
  }

  get<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.json<Answer>('GET', path, options);
  }

  post<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.json<Answer>('POST', path, options);
  }

  /** Asks and reads the JSON; undefined where the answer has no body. Throws an `ApiError` for a refusal. */
  async json<Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const response = await this.send(method, path, options);
    if (!response.ok) throw await readError(response);
    if (response.status === 204) return undefined as Answer;
    try {
      return (await response.json()) as Answer;
    } catch {
      throw new ApiError({ code: 'network', message: 'The answer was cut short.' }, 0);
    }
  }

  /** Asks and returns the answer whatever its status. Throws an `ApiError` where none came. */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const bearer = options.bearer ?? this.#options.bearer?.();
    const askedAtMs = Date.now();
    let response: Response;
    try {
      response = await (this.#options.fetch ?? fetch)(this.#url(path, options.query), {
        method,
        credentials: 'same-origin',
        headers: {
          accept: 'application/json',
          ...(options.body !== undefined && { 'content-type': 'application/json' }),
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
          ...options.headers,
        },
        ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
        ...(options.signal && { signal: options.signal }),
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiError({ code: 'network', message: 'The house could not be reached.' }, 0);
    }
    this.#noteDate(response, method, askedAtMs);
    return response;
  }

  #url(path: string, query: RequestOptions['query']): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined && value !== '') search.set(name, String(value));
    }
    const text = search.toString();
    return `${this.#options.baseUrl ?? ''}${path}${text === '' ? '' : `?${text}`}`;
  }

  #noteDate(response: Response, method: string, askedAtMs: number): void {
    const date = response.headers.get('date');
    // An answer out of a cache left the house earlier than its arrival tells.
    const fresh = method !== 'GET' || /no-store/.test(response.headers.get('cache-control') ?? '');
    if (date !== null && fresh) this.#options.onDate?.(Date.parse(date), askedAtMs, Date.now());
  }
}

/** The refusal that an answer is. */
export async function readError(response: Response): Promise<ApiError> {
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(wait) ? wait * 1_000 : undefined;
  let body: Partial<ErrorBody> = {};
  try {
    body = (await response.json()) as ErrorBody;
  } catch {
    // A proxy's HTML page: the status is all that is known.
  }
  return new ApiError(body, response.status, retryAfterMs);
}
