/** The bar above GraphiQL: who is calling and why, what their contract is, and how the last call went. */

const byId = (id) => document.getElementById(id);

const OTHER = '\u0000other';

/** An element with text or children; `attributes` are set as they are. */
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const english = (text) => element('small', { lang: 'en' }, text);

/**
 * @param {object} handlers
 * @param {() => void} handlers.accessChanged the credentials or the purpose are others now
 * @param {(example: {title: string, query: string, variables?: object}) => void} handlers.exampleChosen
 * @param {() => void} handlers.retry
 */
export function createBar({ accessChanged, exampleChosen, retry }) {
  const client = byId('client');
  const authorization = byId('authorization');
  const purpose = byId('purpose');
  const purposeCode = byId('purpose-code');
  const examples = byId('examples');
  const outcome = byId('outcome');
  let clients = [];

  const chosen = () => clients[client.selectedIndex] ?? null;

  function access() {
    const typed = purpose.hidden || purpose.value === OTHER;
    return { authorization: authorization.value.trim(), purpose: typed ? purposeCode.value.trim() : purpose.value };
  }

  function showPurposes(codes, selected) {
    purpose.hidden = codes.length === 0;
    purposeCode.hidden = !purpose.hidden;
    purposeCode.value = '';
    purpose.replaceChildren(
      ...codes.map((code) => new Option(code, code, false, code === selected)),
      new Option('(không gửi / none)', ''),
      new Option('mã khác… / other…', OTHER),
    );
  }

  function showAbout(sample) {
    const about = byId('about');
    if (!sample) {
      about.replaceChildren();
      return;
    }
    about.replaceChildren(
      element('span', { class: 'contract' }, element('span', {}, 'Hợp đồng ', english('Contract')),
        element('code', {}, sample.contract)),
      element('p', {}, sample.description, sample.descriptionEn ? english(` ${sample.descriptionEn}`) : ''),
    );
  }

  function showExamples(list) {
    examples.hidden = list.length === 0;
    examples.open = false;
    byId('example-list').replaceChildren(...list.map((example) => {
      const button = element('button', { type: 'button' }, example.title);
      button.addEventListener('click', () => {
        examples.open = false;
        examples.querySelector('summary').focus();
        exampleChosen(example);
      });
      return element('li', {}, button);
    }));
  }

  function showClient() {
    const sample = chosen();
    authorization.value = sample?.authorization ?? '';
    const codes = sample ? [...new Set([sample.purpose, ...(sample.purposes ?? [])])].filter(Boolean) : [];
    showPurposes(codes, sample?.purpose);
    showAbout(sample);
    showExamples(sample?.examples ?? []);
  }

  client.addEventListener('change', () => {
    showClient();
    accessChanged();
  });
  authorization.addEventListener('change', accessChanged);
  purposeCode.addEventListener('change', accessChanged);
  purpose.addEventListener('change', () => {
    purposeCode.hidden = purpose.value !== OTHER;
    if (purposeCode.hidden) accessChanged();
    else purposeCode.focus();
  });
  byId('reveal').addEventListener('click', (event) => {
    const shown = authorization.type === 'password';
    authorization.type = shown ? 'text' : 'password';
    event.currentTarget.setAttribute('aria-pressed', String(shown));
    event.currentTarget.replaceChildren(shown ? 'Ẩn ' : 'Hiện ', english(shown ? 'Hide' : 'Show'));
  });
  examples.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    examples.open = false;
    examples.querySelector('summary').focus();
  });
  document.addEventListener('click', (event) => {
    if (!examples.contains(event.target)) examples.open = false;
  });
  byId('retry').addEventListener('click', retry);

  return {
    access,
    chosen,

    /** Lists the sample clients and chooses `name`, or the first. */
    showClients(list, name) {
      clients = list;
      byId('client-field').hidden = list.length === 0;
      client.replaceChildren(...list.map((sample) => {
        const title = sample.title ?? sample.name;
        return new Option(`${title}: ${sample.description}`, sample.name, false, sample.name === name);
      }));
      showClient();
    },

    /** Says how a call went: `kind` is good, partial, bad or busy; `parts` are short texts; `trace` is an id or ''. */
    showOutcome(kind, parts, trace = '') {
      outcome.className = `outcome ${kind}`;
      outcome.replaceChildren(element('span', {}, parts.join(' · ')));
      if (!trace) return;
      const copy = element('button', { type: 'button', title: `Chép mã vết / Copy trace id: ${trace}` },
        'Mã vết ', english('Trace'), ' ', element('code', {}, trace));
      copy.addEventListener('click', () => navigator.clipboard?.writeText(trace).then(
        () => copy.classList.add('copied'), () => {}));
      outcome.append(copy);
    },

    /** Shows a fault in words, or what is no fault (`calm`), or takes the notice away when there is none. */
    showNotice(words, detail = '', retryable = true, calm = false) {
      byId('notice').hidden = !words;
      byId('notice').classList.toggle('calm', calm);
      byId('notice-text').textContent = words?.[0] ?? '';
      byId('notice-english').textContent = words?.[1] ?? '';
      byId('notice-detail').textContent = detail;
      byId('retry').hidden = !retryable;
    },
  };
}
