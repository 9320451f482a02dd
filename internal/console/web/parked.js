// Streams that a projection could not apply: the reasons, and retries.
import { h, put, ask, order, heading, loading, time, streamLink, failed, tag, say } from './dom.js';
import { later } from './visible.js';

export function parked(_, { signal, about, counted }) {
  const out = h('div', null, loading());
  let off;

  async function load() {
    off?.();
    try {
      const { parked, more } = await ask('api/parked', null, { signal });
      counted(parked.length);
      draw(parked, more);
      off = later(refresh, 10_000, signal);
    } catch (e) {
      if (!signal.aborted) put(out, failed(e));
    }
  }
  // A refresh would lose the focus, so it waits until the focus is not in the list.
  const refresh = () => out.contains(document.activeElement) ? off = later(refresh, 5000, signal) : load();

  function draw(all, more) {
    if (all.length === 0) {
      put(out, h('p', null, tag('ok', 'good'), ' No stream is parked.'));
      return;
    }
    put(out,
      h('p', null, `${all.length}${more ? ' and more streams are' : all.length === 1 ? ' stream is' : ' streams are'} parked. All other streams continue.`,
        !about.write && h('span', { class: 'faint' }, ' This console is read-only: start it with --write to retry here, or use `annals parked retry`.')),
      h('ul', { class: 'cards' }, all.map(card)));
  }

  function card(p) {
    const result = h('p', { role: 'status' });
    const button = about.write && h('button', {
      type: 'button', 'aria-label': `Retry ${p.stream} in ${p.projection}`, onclick: async () => {
        button.disabled = true;
        put(result, 'Retrying …');
        try {
          const answer = await order('api/retry', { projection: p.projection, stream: p.stream });
          put(result, answer.waits ? [tag('still parked', 'bad'), ' ', h('span', { class: 'data' }, answer.error)] : [tag('applied', 'good'), ' The stream is up to date.']);
          if (!answer.waits) { say(p.stream + ' is up to date'); off?.(); off = later(load, 1500, signal); return; }
        } catch (e) { put(result, failed(e)); }
        button.disabled = false;
        button.focus();
      },
    }, 'Retry');
    return h('li', null,
      h('h2', null, streamLink(p.stream, p.version), ' in ', p.projection),
      h('p', null, tag(p.reason, 'bad'), ` at version ${p.version}, generation ${p.generation}, `, time(p.at),
        `; ${p.events} event${p.events === 1 ? '' : 's'} known to wait`),
      h('pre', { tabindex: '0', 'aria-label': 'Error' }, p.error),
      h('p', { class: 'faint data' }, 'code ' + p.code),
      button, result);
  }
  load();
  return [heading('Parked streams'), out];
}
