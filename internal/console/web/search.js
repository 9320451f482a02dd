// Search by stream, correlation id or event type.
import { h, put, ask, heading, failed, streamLink, followLink, say, faint, field } from './dom.js';
import { line } from './home.js';

const kinds = { stream: ['Stream', 'Type#id, or its beginning: Type#'], correlation: ['Correlation id', ''], type: ['Event type', 'the name of the type'] };

// quick returns the address for a word from the search box.
export function quick(word) {
  if (/^[^#]+#.+/.test(word)) return '#/search?stream=' + encodeURIComponent(word);
  if (/^[A-Z][A-Za-z]+#?$/.test(word)) return '#/search?' + (word.endsWith('#') ? 'stream=' : 'type=') + encodeURIComponent(word);
  return '#/search?correlation=' + encodeURIComponent(word);
}

export function search(query, { signal }) {
  const params = new URLSearchParams(query);
  const kind = Object.keys(kinds).find(k => params.get(k)) ?? 'stream';
  const word = params.get(kind) ?? '';
  const input = field({ id: 'for', value: word, required: true, placeholder: kinds[kind][1] });
  const choice = h('select', { id: 'kind', onchange: () => input.setAttribute('placeholder', kinds[choice.value][1]) },
    Object.entries(kinds).map(([k, [label]]) => h('option', { value: k, selected: k === kind }, label)));
  const out = h('div', { 'aria-live': 'polite' });
  const form = h('form', {
    class: 'bar', onsubmit: e => {
      e.preventDefault();
      location.hash = '#/search?' + choice.value + '=' + encodeURIComponent(input.value.trim());
    },
  }, h('label', { for: 'kind' }, 'Search for'), choice, h('label', { for: 'for', class: 'hidden' }, 'What'), input, h('button', 'Search'));
  if (word) run(kind, word, out, signal);
  return [heading('Search'), form,
    faint('A search reads the whole event table. For the full name of a stream, only that stream is read.'), out];
}

async function run(kind, word, out, signal) {
  const full = kind === 'stream' && /^[^#]+#.+/.test(word);
  put(out, faint('Searching …'));
  try {
    if (full && await there(word, signal)) return location.replace('#/stream/' + encodeURIComponent(word));
    const found = await ask('api/find', { [kind]: word }, { signal });
    const n = found.commits.length;
    put(out,
      h('p', n === 0 ? full ? `There is no stream ${word}, and none whose name begins with it.` : 'Nothing was found.' : `${n} commit${n === 1 ? '' : 's'}, newest first. `, found.note && h('strong', found.note),
        kind === 'correlation' && n > 0 && [' ', followLink(word, 'Follow this request')]),
      kind === 'stream' && n > 0 && h('p', { class: 'streams' }, 'Streams: ',
        [...new Set(found.commits.map(c => c.stream))].slice(0, 30).map((name, i) => [i > 0 && ', ', streamLink(name)])),
      h('ol', { class: 'feed' }, found.commits.map(line)));
    say(n + ' found');
  } catch (error) {
    if (!signal.aborted) put(out, failed(error));
  }
}

const there = (stream, signal) => ask('api/stream', { stream }, { signal }).then(() => true, () => false);
