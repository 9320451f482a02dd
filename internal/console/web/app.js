// Shows the view of the address, and the parts of the page around it.
import { h, put, ask, failed, heading, loading, tag, data } from './dom.js';
import { connect } from './feed.js';
import { visible, later } from './visible.js';
import { home } from './home.js';
import { stream } from './stream.js';
import { search, quick } from './search.js';
import { follow } from './follow.js';
import { projections } from './projections.js';
import { parked } from './parked.js';
import { deadlines } from './deadlines.js';
import { people } from './people.js';

const views = [
  [/^#\/stream\/(.+)$/, stream], [/^#\/search(?:\?(.*))?$/, search], [/^#\/follow\/(.+)$/, follow],
  [/^#\/projections$/, projections], [/^#\/parked$/, parked], [/^#\/deadlines$/, deadlines], [/^#\/people(?:\?(.*))?$/, people], [/^#?\/?$/, home],
];
const main = document.getElementById('main');
let about, left;

async function show(first) {
  left?.abort();
  const view = left = new AbortController();
  const [found, make] = views.map(([form, make]) => [form.exec(location.hash), make]).find(([found]) => found) ?? [];
  for (const a of document.querySelectorAll('header nav a')) {
    if (location.hash.split('?')[0] === a.hash || make === home && a.hash === '#/') a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  let content;
  const slow = setTimeout(() => put(main, heading('Loading'), loading()), 200);
  try {
    content = make ? await make(found[1] ?? '', { signal: view.signal, about, counted }) : [heading('Page not found')];
  } catch (error) {
    content = error.status === 404 ? missing(error.message) : [heading('The request failed'), failed(error)];
  } finally {
    clearTimeout(slow);
  }
  if (view.signal.aborted) return;
  put(main, content);
  const title = main.querySelector('h1');
  document.title = title.textContent + ' · Annals';
  if (!first) title.focus();
  scrollTo(0, 0);
}

const missing = what => [heading(what),
  h('p', 'No event was ever stored under this name. A name is a type and an id, such as ', data('Type#id'),
    '. Capital letters matter. ', h('a', { href: '#/search' }, 'Search'), ' finds streams by the beginning of their names.')];

function counted(n) { put(document.getElementById('parked-count'), n ? ' ' : '', n ? tag(n, 'bad') : null); }

async function count() {
  try { counted((await ask('api/parked')).parked.length); } catch { /* the view shows the error */ }
  later(count, 15_000);
}

document.getElementById('quick').addEventListener('submit', e => {
  e.preventDefault();
  const word = document.getElementById('q').value.trim();
  if (word) location.hash = quick(word);
});
document.querySelector('.skip').addEventListener('click', e => { e.preventDefault(); main.focus(); });
addEventListener('hashchange', () => show(false));

put(main, loading());
try {
  await visible(); // a tab that was opened in the background waits
  about = await ask('api/about');
  put(document.getElementById('place'), about.place);
  put(document.getElementById('mode'), about.write ? 'writable' : 'read-only');
  for (const view of ['people', 'deadlines']) document.querySelector(`[href="#/${view}"]`).hidden = !about[view];
  connect();
  show(true);
  count();
} catch (error) {
  put(main, heading('The console can’t be reached'), failed(error));
}
