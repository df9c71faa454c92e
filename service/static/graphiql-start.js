/**
 * Starts GraphiQL under the bar. Each change of credentials or purpose asks for the schema anew, so that documentation,
 * explorer and completion are always those of the one who is calling.
 */

import { createBar } from './graphiql-bar.js';
import { callEndpoint } from './graphiql-endpoint.js';
import { createStorage } from './graphiql-storage.js';
import { NEW_TAB, NOT_ALLOWED, WORDS } from './graphiql-words.js';

const { React, ReactDOM, GraphiQL, GraphiQLPluginExplorer } = window;
const h = React.createElement;

const root = ReactDOM.createRoot(document.getElementById('graphiql'));
const storage = createStorage();
const plugins = [GraphiQLPluginExplorer.explorerPlugin({ showAttribution: false })];
const bar = createBar({
  accessChanged: changeAccess,
  exampleChosen: (example) => whenReady(() => openExample(example)),
  retry: loadSchema,
});

let editors = null;
let opened = NEW_TAB;
let refused = false;
let running = new AbortController();

/** Sits inside GraphiQL to hand its editors to the bar. */
function Bridge() {
  editors = GraphiQL.React.useEditorContext({ nonNull: true });
  return null;
}
const toolbar = { additionalComponent: Bridge };

/** `schema`: undefined lets GraphiQL ask for it through `fetcher`, null leaves it without one. */
function render(fetcher, schema) {
  ReactDOM.flushSync(() => root.render(h(GraphiQL, {
    fetcher,
    schema,
    storage,
    plugins,
    toolbar,
    defaultQuery: NEW_TAB,
    defaultEditorToolsVisibility: 'variables',
    isHeadersEditorEnabled: false,
    shouldPersistHeaders: false,
    visiblePlugin: GraphiQL.React.DOC_EXPLORER_PLUGIN,
    onSchemaChange: showSchema,
  })));
}

function changeAccess() {
  forgetAnswers();
  openFirstExample();
  loadSchema();
}

function loadSchema() {
  running.abort();
  running = new AbortController();
  // GraphiQL writes the refusal of a schema into the answer of a run.
  if (refused) forgetAnswers();
  refused = false;
  const access = bar.access();
  bar.showNotice(null);
  if (!access.authorization) {
    bar.showNotice(WORDS.noCredentials, '', false);
    bar.showOutcome('', []);
    render(createFetcher(access, running.signal), null);
    return;
  }
  bar.showOutcome('busy', ['Đang đọc lược đồ… / Reading the schema…']);
  // A new fetcher makes GraphiQL introspect; so does the step from null to undefined after a failure.
  render(createFetcher(access, running.signal), undefined);
}

function createFetcher(access, signal) {
  return async function fetcher(params) {
    const isSchemaRequest = params.operationName === 'IntrospectionQuery';
    const call = await callEndpoint(access, params, signal);
    if (signal.aborted) {
      // GraphiQL would show an outdated schema request as a failure of the new one.
      return isSchemaRequest ? new Promise(() => {}) : { errors: [{ message: WORDS.changed.join(' / ') }] };
    }
    return isSchemaRequest ? schemaAnswer(call, fetcher) : runAnswer(call);
  };
}

function schemaAnswer(call, fetcher) {
  if (call.body?.data?.__schema) return call.body;
  if (call.code === NOT_ALLOWED) return storedOnlyAnswer(fetcher);
  const [vietnamese, english] = call.failure ?? WORDS.noSchema;
  const detail = call.detail || call.body?.errors?.[0]?.message || '';
  bar.showNotice([vietnamese, english], detail);
  showCall(call, 'bad');
  refused = true;
  render(fetcher, null);
  return { errors: [{ message: `${vietnamese} / ${english}` }], ...call.body, data: null };
}

/** A contract of stored documents shows no schema. That is no fault, so GraphiQL gets none to write into the answer. */
function storedOnlyAnswer(fetcher) {
  bar.showNotice(WORDS.storedOnly, '', false, true);
  bar.showOutcome('', ['Chỉ chạy truy vấn đã lưu', 'Stored documents only']);
  render(fetcher, null);
  return { data: null, toJSON: () => undefined };
}

function runAnswer(call) {
  const errors = call.body?.errors?.length ?? 0;
  bar.showNotice(call.failure, call.detail, false);
  const nothing = call.failure || !call.body?.data;
  showCall(call, nothing ? 'bad' : errors ? 'partial' : 'good');
  return call.body ?? { errors: [{ message: call.failure.join(' / ') }] };
}

function showCall(call, kind) {
  const errors = call.body?.errors?.length ?? 0;
  bar.showOutcome(kind, [
    call.status ? `HTTP ${call.status}` : 'Không có trả lời / no answer',
    `${call.milliseconds} ms`,
    ...(errors ? [`${errors} lỗi / error${errors > 1 ? 's' : ''}`] : []),
  ], call.trace);
}

function showSchema(schema) {
  const types = Object.keys(schema.getTypeMap()).filter((name) => !name.startsWith('__')).length;
  const fields = Object.keys(schema.getQueryType()?.getFields() ?? {}).length;
  bar.showOutcome('good', [`Lược đồ: ${fields} truy vấn gốc, ${types} kiểu`, `Schema: root fields ${fields}, types ${types}`]);
}

/** Answers to another client must not stand under the name of this one. */
function forgetAnswers() {
  if (!editors) return;
  for (const tab of editors.tabs) tab.response = null;
  editors.responseEditor?.setValue('');
}

const isUntouched = () => ['', NEW_TAB.trim(), opened.trim()].includes(editors.queryEditor.getValue().trim());

function openFirstExample() {
  const [first] = bar.chosen()?.examples ?? [];
  if (first && editors?.queryEditor && isUntouched()) openExample(first);
}

/** Puts an example into the editors; a query that the reader has written keeps its tab. */
function openExample(example) {
  if (!isUntouched()) ReactDOM.flushSync(() => editors.addTab());
  const variables = example.variables ?? {};
  opened = example.query;
  editors.queryEditor.setValue(example.query);
  editors.variableEditor?.setValue(Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '');
  editors.responseEditor?.setValue('');
  editors.queryEditor.focus();
}

/** The sample clients of a demo; none where the service serves none (404). */
async function readClients() {
  const response = await fetch('graphiql/clients', { cache: 'no-store' });
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

async function start() {
  let unreadable = false;
  const clients = await readClients().catch(() => {
    unreadable = true;
    return [];
  });
  // The editors measure their letters once: the font has to be there first.
  await document.fonts.load('14px "JetBrains Mono"', 'aế').catch(() => {});
  bar.showClients(clients, new URLSearchParams(location.search).get('client'));
  loadSchema();
  if (unreadable) bar.showNotice(WORDS.noClients, '', false);
  whenReady(openFirstExample);
  // GraphiQL's own button does nothing while it was told to go without a schema.
  document.getElementById('graphiql').addEventListener('click', (event) => {
    if (!event.target.closest('[aria-label="Re-fetch GraphQL schema"]')) return;
    event.stopPropagation();
    loadSchema();
  }, true);
}

/** GraphiQL creates its editors some time after the first rendering. */
function whenReady(action) {
  if (editors?.queryEditor && editors.variableEditor) action();
  else requestAnimationFrame(() => whenReady(action));
}

start();
