/** One call of the endpoint, told as a value: nothing here throws, so that every failure reaches the reader in words. */

import { refusalWords, WORDS } from './graphiql-words.js';

const TIME_LIMIT_MS = 60_000;

/**
 * @typedef {object} Call
 * @property {object | null} body the GraphQL answer, null when there is none
 * @property {[string, string] | null} failure what went wrong, in Vietnamese and English; null when there is a GraphQL answer
 * @property {string} code the service's error code, for a failure
 * @property {string} detail the service's own message and code, for a failure
 * @property {number} status the HTTP status, 0 when there was no answer
 * @property {number} milliseconds
 * @property {string} trace the value of X-Trace-Id
 */

/**
 * @param {{authorization: string, purpose: string}} access headers to send; an empty one is not sent
 * @param {object} params query, variables and operationName
 * @param {AbortSignal} signal ends the call early
 * @returns {Promise<Call>}
 */
export async function callEndpoint(access, params, signal) {
  const headers = {
    'Accept': 'application/graphql-response+json, application/json;q=0.9',
    'Content-Type': 'application/json',
  };
  if (access.authorization) headers['Authorization'] = access.authorization;
  if (access.purpose) headers['X-Purpose'] = access.purpose;

  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), TIME_LIMIT_MS);
  signal.addEventListener('abort', () => limit.abort(), { once: true });
  const started = performance.now();
  const call = { body: null, failure: null, code: '', detail: '', status: 0, milliseconds: 0, trace: '' };
  try {
    const { query, variables, operationName } = params;
    const response = await fetch('graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables, operationName }),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: limit.signal,
    });
    call.status = response.status;
    call.trace = response.headers.get('X-Trace-Id') ?? '';
    readBody(call, await response.text(), response.headers.get('Retry-After'));
  } catch (error) {
    call.failure = limit.signal.aborted ? (signal.aborted ? WORDS.changed : WORDS.tooSlow) : headerFailure(error);
  } finally {
    clearTimeout(timer);
    call.milliseconds = Math.round(performance.now() - started);
  }
  return call;
}

/** fetch() itself refuses a header value outside ISO 8859-1: that is no fault of the service. */
function headerFailure(error) {
  return /ISO-8859-1|ByteString|headers/i.test(String(error)) ? WORDS.badHeader : WORDS.unreachable;
}

function readBody(call, text, retryAfter) {
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Told below: what is no JSON is no GraphQL.
  }
  const isGraphql = body !== null && typeof body === 'object' && ('data' in body || Array.isArray(body.errors));
  const refused = call.status >= 400 && !(call.status === 400 && isGraphql);
  if (isGraphql && !refused) {
    call.body = body;
    return;
  }
  const error = isGraphql ? body.errors?.[0] : body;
  const message = error?.message ?? error?.detail ?? '';
  call.code = error?.extensions?.code ?? error?.code ?? '';
  call.failure = refused ? refusalWords(call.status, call.code) : WORDS.notGraphql;
  const wait = retryAfter ? `Retry-After: ${retryAfter}` : '';
  call.detail = [call.code, message, wait].filter(Boolean).join(' · ');
  call.body = isGraphql ? body : null;
}
