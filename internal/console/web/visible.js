// The page reads only while somebody can see it: what reads again and again does so by way of this module.

const hidden = () => document.visibilityState === 'hidden';

// visible is done once the page can be seen, or its view was left.
export function visible(signal) {
  return new Promise(done => {
    if (!hidden() || signal?.aborted) return done();
    const look = () => {
      if (hidden() && !signal?.aborted) return;
      document.removeEventListener('visibilitychange', look);
      done();
    };
    document.addEventListener('visibilitychange', look);
    signal?.addEventListener('abort', look);
  });
}

// later acts once, after a time, and not before the page can be seen. It returns what calls that off.
export function later(act, milliseconds, signal) {
  const off = new AbortController();
  const either = signal ? AbortSignal.any([signal, off.signal]) : off.signal;
  const timer = setTimeout(async () => {
    await visible(either);
    if (!either.aborted) act();
  }, milliseconds);
  either.addEventListener('abort', () => clearTimeout(timer));
  return () => off.abort();
}

// whileVisible begins something whenever the page comes into view, and ends it, by what beginning returned, when it goes.
export function whileVisible(begin) {
  let end;
  const turn = () => {
    if (hidden()) { end?.(); end = undefined; } else end ??= begin();
  };
  document.addEventListener('visibilitychange', turn);
  turn();
}
