package personal

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
	"github.com/annals-es/annals/pkg/es/internal/sealed"
)

// MaxCacheFor is the longest that a process may keep a key, and what it decrypted with it, in memory.
const MaxCacheFor = 5 * time.Minute

// Config adjusts a store. The zero value uses the defaults.
type Config struct {
	// CacheFor is how long the process keeps a key, and states that it decrypted with it, in memory: at most
	// [MaxCacheFor], the default. After a subject was forgotten, processes may use its key for this long.
	CacheFor time.Duration
	// CacheSize is how many subjects' keys are kept in memory. Default 4,096.
	CacheSize int
	// Renew says whether a subject who was forgotten gets a new key for new events of this type of stream. If nil, none
	// does: such events are refused with a [ForgottenError].
	Renew func(streamType string) bool
	// Rand is the source of keys and nonces. Default crypto/rand. Set it in tests of stored bytes alone.
	Rand io.Reader
	// Now is the clock that limits how long keys stay in memory. Default time.Now.
	Now func() time.Time
	// ErasedWithoutKeys decodes values of subjects who have neither a key nor a tombstone to their erased values, as after
	// an import without keys. By default, decoding such an event fails with a [MissingKeyError].
	ErasedWithoutKeys bool
}

// Store is an event store that encrypts and decrypts personal data. What it reads has the stored payloads in
// [es.RawEvent.Data], and decodes to the personal values. Without a subject's key, its values decode to their erased
// values. It is safe for concurrent use.
type Store struct {
	es.Store
	ring *ring
}

var (
	_ es.Store     = (*Store)(nil)
	_ es.Scanner   = (*Store)(nil)
	_ es.Inspector = (*Store)(nil)
	_ es.Clock     = (*Store)(nil)

	_ es.Fingerprinter = (*Store)(nil)
	_ es.Keeper        = (*Store)(nil)
)

// NewStore wraps an event store. The configuration is optional.
//
// Errors: an error if CacheFor is negative or longer than [MaxCacheFor], or CacheSize is negative.
func NewStore(store es.Store, keys Keys, given ...Config) (*Store, error) {
	cfg := config.Only(given)
	if cfg.CacheFor < 0 || cfg.CacheFor > MaxCacheFor || cfg.CacheSize < 0 {
		return nil, fmt.Errorf("personal.NewStore: CacheFor is %v, it must be from 0 to %v; "+
			"CacheSize is %d, it must not be negative", cfg.CacheFor, MaxCacheFor, cfg.CacheSize)
	}
	cfg.CacheFor, cfg.CacheSize = cmp.Or(cfg.CacheFor, MaxCacheFor), cmp.Or(cfg.CacheSize, 4096)
	if cfg.Renew == nil {
		cfg.Renew = func(string) bool { return false }
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Store{Store: store, ring: newRing(keys, cfg)}, nil
}

// Keys are the keys of the store.
func (s *Store) Keys() Keys { return s.ring.keys }

// Now implements [es.Clock].
func (s *Store) Now() time.Time {
	if clock, is := s.Store.(es.Clock); is {
		return clock.Now()
	}
	return time.Now()
}

// KeepFor implements [es.Keeper].
func (s *Store) KeepFor() time.Duration { return s.ring.cfg.CacheFor }

// Fingerprint implements [es.Fingerprinter]: the first 128 bits of an HMAC-SHA256 under a key of the service, as
// base64url. A reader of the table can't test guesses of personal data in the command's body. The key is that of the
// subject [FingerprintSubject], which the process reads once.
//
// Errors: those of [Keys].
func (s *Store) Fingerprint(ctx context.Context, fingerprint string) (string, error) {
	return s.ring.fingerprint(ctx, fingerprint)
}

// Append implements [es.Appender]. Before it appends, it notes each subject's stream and makes missing keys: one
// request for the first event about a subject in a stream, and up to two for the first about a subject in this process.
//
// Errors: those of the wrapped store; [ForgottenError]; [NameError]; those of [Keys]. After the last three nothing is
// stored.
func (s *Store) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	writes := make([]es.Write, len(a.Writes))
	for i, w := range a.Writes {
		events, err := s.ring.seal(ctx, w.Head.Stream(), w.Events)
		if err != nil {
			return nil, fmt.Errorf("append %s: %w", w.Head.Stream(), err)
		}
		writes[i] = es.Write{Head: w.Head, Events: events}
	}
	a.Writes = writes
	stored, err := s.Store.Append(ctx, a)
	if err != nil {
		return nil, err
	}
	for i := range stored { // an append that was found stored comes without what is known of it here
		if err := s.Open(ctx, &stored[i].Commit); err != nil {
			return nil, &es.UnknownOutcomeError{Stream: stored[i].Stream, CommitID: stored[i].ID, Err: err}
		}
	}
	return stored, nil
}

// Read implements [es.Reader].
//
// Errors: those of the wrapped store and of [Store.Open].
func (s *Store) Read(ctx context.Context, stream es.StreamID, r es.Range) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		for c, err := range s.Store.Read(ctx, stream, r) {
			if err == nil {
				err = s.Open(ctx, &c)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// Load implements [es.Loader].
//
// Errors: those of the wrapped store and of [Store.Open].
func (s *Store) Load(ctx context.Context, after es.Head, visit func(*es.Commit) error) (es.Head, error) {
	return s.Store.Load(ctx, after, s.opening(ctx, visit))
}

// Resume implements [es.Loader].
//
// Errors: those of the wrapped store and of [Store.Open].
func (s *Store) Resume(
	ctx context.Context, after es.StreamVersion, hash []byte, visit func(*es.Commit) error,
) (es.Head, error) {
	return s.Store.Resume(ctx, after, hash, s.opening(ctx, visit))
}

func (s *Store) opening(ctx context.Context, visit func(*es.Commit) error) func(*es.Commit) error {
	return func(c *es.Commit) error {
		if err := s.Open(ctx, c); err != nil {
			return err
		}
		return visit(c)
	}
}

// Scan implements [es.Scanner], if the wrapped store does.
//
// Errors: those of the wrapped store and of [Store.Open]; [errors.ErrUnsupported] if the wrapped store can't scan.
func (s *Store) Scan(ctx context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	scanner, is := s.Store.(es.Scanner)
	if !is {
		return unsupported("es.Scanner")
	}
	return s.openPages(ctx, scanner.Scan(ctx, segment))
}

// Inspect implements [es.Inspector], if the wrapped store does.
//
// Errors: those of the wrapped store and of [Store.Open]; [errors.ErrUnsupported] if the wrapped store can't inspect.
func (s *Store) Inspect(
	ctx context.Context, stream es.StreamID, versions es.VersionRange,
) iter.Seq2[es.ScanPage, error] {
	inspector, is := s.Store.(es.Inspector)
	if !is {
		return unsupported("es.Inspector")
	}
	return s.openPages(ctx, inspector.Inspect(ctx, stream, versions))
}

func unsupported(capability string) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		yield(es.ScanPage{}, fmt.Errorf("the wrapped store is no %s: %w", capability, errors.ErrUnsupported))
	}
}

func (s *Store) openPages(ctx context.Context, pages iter.Seq2[es.ScanPage, error]) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		for page, err := range pages {
			if err == nil {
				err = s.openPage(ctx, &page)
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) openPage(ctx context.Context, page *es.ScanPage) error {
	all := make([]*es.Commit, len(page.Commits))
	for i := range page.Commits {
		all[i] = &page.Commits[i]
	}
	return s.Open(ctx, all...)
}

// Open decrypts the personal data of commits that did not come from this store's methods, such as records of a stream
// of DynamoDB. It loads all keys that are not in memory at once. Commits that are open stay as they are.
//
// A value that can't be decrypted with its subject's key, such as one that was copied from another stream, is no error
// of Open: decoding its event fails, with an [es.CorruptError]. Nor is a subject who has neither a key nor a tombstone.
//
// Errors: those of [Keys]; they match [es.ErrUnavailable], unless they are about one key. Decoding an event that needs a
// key that could not be read fails with the same error. All other events are decrypted.
func (s *Store) Open(ctx context.Context, commits ...*es.Commit) error {
	o := s.ring.opening(ctx, commits)
	var failed error
	for _, c := range commits {
		for i, e := range c.Events {
			if e.Personal != nil || !sealed.In(e.Data) {
				continue
			}
			at := es.StreamVersion{Stream: c.Stream, Version: c.Version + int64(i)}
			opened, err := o.open(at, e)
			if err != nil {
				opened, failed = e.Unopened(fmt.Errorf("%s: %w", at, err)), err
			}
			c.Events[i] = opened
		}
	}
	return failed
}
