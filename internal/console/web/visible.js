// The page sends requests only while it is visible: code that repeats requests uses this module.

const hidden = () => document.visibilityState === 'hidden';

// visible resolves once the page is visible, or its view was left.
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

// later calls act once, after a time, when the page is visible. It returns a function that cancels the call.
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

// whileVisible calls begin whenever the page becomes visible, and what begin returned when it is hidden.
export function whileVisible(begin) {
  let end;
  const turn = () => {
    if (hidden()) { end?.(); end = undefined; } else end ??= begin();
  };
  document.addEventListener('visibilitychange', turn);
  turn();
}
